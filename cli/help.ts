import { Help, type Command } from '@oclif/core';

/** The way from nothing to a result; what this release lacks of it is left out. */
const start: readonly (readonly [id: string, what: string])[] = [
  ['init', 'writes a commented mtl.config.yaml, which trains as it stands'],
  ['train', 'trains what it says, into a folder in runs/'],
  ['report', 'shows what came out, as a page for a browser'],
];

/** The commands by what one is about to do, in the order in which it is done. */
const groups: Readonly<Record<string, readonly string[]>> = {
  train: ['init', 'train', 'compare', 'runs', 'inspect-batch'],
  results: ['evaluate', 'report', 'predict', 'export'],
  data: ['data:inspect', 'data:export'],
  setup: ['doctor', 'engine:build', 'plugins', 'summary', 'completion'],
};

/** What `mtl` and `mtl --help` show: where to start, and the commands in groups. Commands and topics have oclif's own. */
export default class StartHelp extends Help {
  protected override showRootHelp(): Promise<void> {
    const { pjson, bin, version } = this.config;
    const commands = new Map(this.sortedCommands.map((command) => [command.id, command]));
    const grouped = new Set(Object.values(groups).flat());
    const others = [...commands.keys()].filter((id) => !grouped.has(id));
    this.log(this.wrap(`${pjson.name} ${version}. ${pjson.description ?? ''}`));
    const steps = start.filter(([id]) => commands.has(id));
    this.list(
      'start',
      steps.map(([id, what]) => [`${bin} ${id}`, what]),
    );
    for (const [title, ids] of Object.entries({ ...groups, more: others })) {
      const known = ids.flatMap((id) => commands.get(id) ?? []);
      if (known.length > 0)
        this.list(
          title,
          known.map((command) => this.entry(command)),
        );
    }
    this.log('');
    this.log(this.wrap(`${bin} COMMAND --help shows a command’s flags, and examples.`));
    this.log('');
    return Promise.resolve();
  }

  private entry(command: Command.Loadable): [string, string] {
    return [command.id.replaceAll(':', ' '), this.summary(command) ?? ''];
  }

  private list(title: string, entries: [string, string][]): void {
    this.log('');
    this.log(this.section(title.toUpperCase(), this.renderList(entries, { indentation: 2, spacer: '\n' })));
  }
}
