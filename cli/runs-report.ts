import type { RunComparison, RunListing } from '../core/index.js';
import type { Style } from './style.js';
import { fittingTable } from './tables.js';

/** @param columns of the terminal; undefined where there is none */
export function runsTable(runs: readonly RunListing[], columns: number | undefined, style?: Style): string {
  const head = Object.keys(cells);
  const rows = runs.map((run) => Object.values(cells).map((cell) => cell(run)));
  return fittingTable({
    head,
    rows,
    right: [head.indexOf('epoch')],
    broken: 'best model',
    dispensable: ['engine', 'started'],
    columns,
    style,
  });
}

const cells: Readonly<Record<string, (run: RunListing) => string>> = {
  run: ({ name }) => name,
  started: ({ started }) => started.slice(0, 16).replace('T', ' '),
  state: ({ state }) => state,
  epoch: ({ epoch, epochs }) => `${epoch}/${epochs}`,
  'best model': ({ metrics }) => mainMetrics(metrics),
  engine: ({ engine }) => engine ?? '–',
};

/** The first metric of each task is its main one. */
function mainMetrics(metrics: RunListing['metrics']): string {
  const texts = Object.entries(metrics ?? {}).flatMap(([task, values]) => {
    const [main] = Object.entries(values);
    return main ? [`${task} ${main[0]} ${main[1].toPrecision(4)}`] : [];
  });
  return texts.join(', ') || '–';
}

/** Tables of what differs, with the two runs side by side. */
export function comparisonTables(
  { runs, config, environment, metrics }: RunComparison,
  columns: number | undefined,
  style?: Style,
): string {
  const [first, second] = namesOf(runs);
  const differing = (title: string, found: RunComparison['config']): string => {
    if (found.length === 0) return `${title}: no difference`;
    const head = [title, first, second];
    // A key path, two values, and what stands around three columns.
    const taken = Math.max(...found.map(({ path }) => path.length)) + 10;
    const room = columns === undefined ? Infinity : Math.max(12, Math.floor((columns - taken) / 2));
    const rows = found.map(({ path, before, now }) => [path, text(before, room), text(now, room)]);
    return fittingTable({ head, rows, right: [], broken: title, columns, style });
  };
  const measured = Object.entries(metrics).flatMap(([task, values]) =>
    Object.entries(values).map(([name, pair]) => [
      `${task} ${name}`,
      ...pair.map((value) => value?.toPrecision(4) ?? '–'),
    ]),
  );
  const head = ['best model', first, second];
  return [
    differing('config', config),
    differing('environment', environment),
    measured.length === 0
      ? 'best model: neither run was validated yet'
      : fittingTable({ head, rows: measured, right: [1, 2], broken: 'best model', columns, style }),
  ].join('\n\n');
}

/** Cut to a number of characters. */
function text(value: unknown, room: number): string {
  if (value === undefined) return '–';
  const whole = typeof value === 'string' ? value : JSON.stringify(value);
  return whole.length > room ? `${whole.slice(0, room - 1)}…` : whole;
}

/** As short as they may be: two runs of one name are told apart by their folders. */
function namesOf([first, second]: RunComparison['runs']): readonly [string, string] {
  return first.name === second.name ? [first.path, second.path] : [first.name, second.name];
}
