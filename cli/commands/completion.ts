import { Args } from '@oclif/core';
import { BaseCommand } from '../base-command.js';
import { completedCommands, completionScripts, type Names } from '../completion/index.js';

const shells = Object.keys(completionScripts) as (keyof typeof completionScripts)[];

/** What is run once, so that every new shell completes. */
const setups: Readonly<Record<keyof typeof completionScripts, string>> = {
  bash: 'mtl completion bash > ~/.mtl-completion.bash && echo "source ~/.mtl-completion.bash" >> ~/.bashrc',
  zsh: 'mtl completion zsh > ~/.mtl-completion.zsh && echo "source ~/.mtl-completion.zsh" >> ~/.zshrc',
  fish: 'mtl completion fish > ~/.config/fish/completions/mtl.fish',
};

export default class Completion extends BaseCommand {
  static override summary = 'Print a script that lets a shell complete commands, flags and names.';
  static override description =
    'Completes presets, engines and exporters, those of the config’s plugins included, key paths of a config, and folders of runs. For good:\n\n' +
    Object.values(setups)
      .map((line) => `  ${line}`)
      .join('\n');
  static override examples = [
    '<%= config.bin %> completion bash > ~/.mtl-completion.bash',
    '<%= config.bin %> completion fish > ~/.config/fish/completions/mtl.fish',
  ];
  static override args = {
    shell: Args.string({ description: 'The shell.', options: shells, required: true }),
  };

  async run(): Promise<{ readonly script: string }> {
    const { args, flags } = await this.parse(Completion);
    const { configKeys } = await import('../../core/index.js');
    const { registry } = await this.loadEngine(flags);
    const names: Names = {
      presets: registry.presetNames(),
      engines: ['auto', ...registry.names('engine')],
      exporters: registry.names('exporter'),
      keys: configKeys(),
    };
    const commands = completedCommands(this.config.commands, names);
    const script = completionScripts[args.shell as keyof typeof completionScripts](this.config.bin, commands);
    this.log(script.trimEnd());
    return { script };
  }
}
