import type { Command } from '@oclif/core';

/** What may stand in a place of a command line. */
export type Value =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** Words that go on: what follows them is not known. */
  | { readonly kind: 'beginnings'; readonly words: readonly string[] }
  | { readonly kind: 'files' }
  | { readonly kind: 'folders' }
  /** Folders of runs, here or in runs/. */
  | { readonly kind: 'runs' }
  | { readonly kind: 'anything' };

export interface CompletedFlag {
  readonly name: string;
  readonly char: string | undefined;
  readonly summary: string;
  /** Undefined for a switch. */
  readonly value: Value | undefined;
}

/** A command as a shell is told of it. */
export interface CompletedCommand {
  /** E.g. `['data', 'export']`. */
  readonly words: readonly string[];
  readonly summary: string;
  readonly flags: readonly CompletedFlag[];
  readonly args: readonly Value[];
}

/** What a config, its plugins included, can name. */
export interface Names {
  readonly presets: readonly string[];
  readonly engines: readonly string[];
  readonly exporters: readonly string[];
  /** Key paths of a config. */
  readonly keys: readonly string[];
}

/** What can be completed of the commands that there are. */
export function completedCommands(
  commands: readonly Command.Loadable[],
  names: Names,
): readonly CompletedCommand[] {
  return commands
    .filter(({ hidden }) => !hidden)
    .map(({ id, summary, flags, args }) => ({
      words: id.split(':'),
      summary: oneLine(summary),
      flags: Object.values(flags)
        .filter(({ hidden }) => !hidden)
        .map((flag) => ({
          name: flag.name,
          char: flag.char,
          summary: oneLine(flag.summary ?? flag.description),
          value: flag.type === 'option' ? valueOf(id, flag, names) : undefined,
        })),
      args: Object.values(args).map((arg) => argumentOf(id, arg, names)),
    }))
    .toSorted((left, right) => left.words.join(' ').localeCompare(right.words.join(' ')));
}

/** Names that commands give to a run's folder. */
const runNames: ReadonlySet<string> = new Set(['run', 'runs', 'folder', 'other', 'baseline']);

type OptionFlag = Extract<Command.Flag.Any, { type: 'option' }>;

function valueOf(id: string, { name, options, helpValue }: OptionFlag, names: Names): Value {
  if (options) return words(options);
  if (name === 'preset' && id !== 'compare') return words(names.presets);
  if (name === 'engine') return words(names.engines);
  if (name === 'set') return { kind: 'beginnings', words: names.keys.map((key) => `${key}=`) };
  if (id === 'data:export' && name === 'format') return words(names.exporters);
  if (runNames.has(name)) return { kind: 'runs' };
  if (helpValue === 'FOLDER') return { kind: 'folders' };
  return { kind: helpValue === 'FILE' || helpValue === 'PATH' ? 'files' : 'anything' };
}

function argumentOf(id: string, { name, options }: Command.Arg.Any, names: Names): Value {
  if (options) return words(options);
  if (id === 'engine:build') return words(names.engines);
  return { kind: runNames.has(name) ? 'runs' : 'files' };
}

function words(list: readonly string[]): Value {
  return { kind: 'words', words: list };
}

function oneLine(text: string | undefined): string {
  return (text ?? '').split('\n')[0]!;
}

/** The words that stand first in a line of several, e.g. `data`, with what may follow. */
export function topics(
  commands: readonly CompletedCommand[],
): ReadonlyMap<string, readonly CompletedCommand[]> {
  const found = new Map<string, CompletedCommand[]>();
  for (const command of commands.filter(({ words: name }) => name.length > 1)) {
    const [topic] = command.words as [string];
    found.set(topic, [...(found.get(topic) ?? []), command]);
  }
  return found;
}
