import type { Config } from '@oclif/core';
import { quoted } from './quote.js';
import { plain, type Style } from './style.js';
import { wrapped } from './text-table.js';

/** What a command that took a while ends with. */
export interface Ending {
  /** What came out, in a sentence or two. */
  readonly outcome: string;
  /** Where things were written, by what they are. */
  readonly written?: Readonly<Record<string, string>>;
  /** What may be done now; as `nextCommands` gives it. */
  readonly next?: readonly string[];
}

/** @param columns of the terminal: sentences are broken to fit it, paths and commands are left whole to be copied */
export function endingText(
  { outcome, written = {}, next = [] }: Ending,
  columns?: number,
  style: Style = plain,
): string {
  const places = Object.entries(written);
  const width = Math.max(0, ...places.map(([what]) => what.length), next.length > 0 ? 'Next'.length : 0);
  const line = (title: string, text: string): string => `${style.hint(title.padEnd(width))}  ${text}`;
  return [
    columns === undefined ? outcome : wrapped(outcome, columns),
    ...places.map(([what, place]) => line(what, place)),
    ...next.map((command, index) => line(index === 0 ? 'Next' : '', command)),
  ].join('\n');
}

/** The ones of these commands that there are and take a run, with the run that they are to be about. */
export function nextCommands(
  config: Pick<Config, 'bin' | 'findCommand'>,
  ids: readonly string[],
  run: string,
): string[] {
  return ids.flatMap((id) => {
    const command = config.findCommand(id);
    if (!command) return [];
    const { args, flags } = command;
    if (!('run' in args)) return [];
    const others = Object.values(flags).some(({ required }) => required);
    const name = `${config.bin} ${id.replaceAll(':', ' ')}`;
    return [`${name} ${wordOf(run)}${others ? ' …' : ''}`];
  });
}

/** As a shell takes it for one word. */
function wordOf(text: string): string {
  return /^[\w./:@%+=,~-]+$/.test(text) ? text : quoted(text);
}
