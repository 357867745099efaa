import stringWidth from 'string-width';
import {
  columnTitle,
  comparisonTable,
  type ComparisonEvent,
  type ComparisonResult,
  type LoadedComparison,
} from '../core/index.js';
import { duration, reporter, type Reporter } from './progress.js';
import { plain, type Style } from './style.js';
import { fittingTable } from './tables.js';

/** Shows a comparison while it goes on: which run of how many, and each as `mtl train` shows it. */
export interface CompareReporter {
  readonly event: (event: ComparisonEvent) => void;
  /** Leaves the terminal as it was. May be called again. */
  readonly end: () => void;
}

/** @param folder of the comparison */
export function compareReporter(out: NodeJS.WriteStream, folder: string): CompareReporter {
  let report: Reporter | undefined;
  const began = performance.now();
  let passedOver = 0;
  let isFirst = true;
  const end = (): void => report?.end();
  return {
    end,
    event(event) {
      if (event.type === 'training') return report?.event(event.event);
      if (event.type === 'cell') {
        const { cell, index, of, done } = event;
        if (done) passedOver++;
        const name = `Run ${index + 1} of ${of}: ${cell.row}, seed ${cell.seed}`;
        const own = index - passedOver;
        const each = (performance.now() - began) / 1000 / own;
        // Those that are done already may be among the rest, too: then it takes less.
        const left = !done && own > 0 ? ` (at most ${duration(each * (of - index))} left)` : '';
        out.write(`${isFirst ? '' : '\n'}${name}${done ? ': done before' : left}\n`);
        isFirst = false;
        report = done ? undefined : reporter(out, `${folder}/runs/${cell.name}`);
        return;
      }
      end();
      const { cell, outcome, elsewhere } = event;
      const other = elsewhere ? `${cell.row}, seed ${cell.seed}, by other ranks: ` : '';
      if (outcome.state === 'failed')
        out.write(`${other}${other ? 'failed' : 'Failed'}: ${outcome.reason}\n`);
      else if (elsewhere) out.write(`${other}done\n`);
    },
  };
}

/** The cells of a comparison, which are yet to be trained. */
export function cellsTable({ cells }: LoadedComparison, columns: number | undefined): string {
  const head = ['row', 'seed', 'folder'];
  const rows = cells.map(({ row, seed, name }) => [row, String(seed), `runs/${name}`]);
  return fittingTable({ head, rows, right: [1], broken: 'row', columns });
}

/** What a table does without on a narrow terminal, one after the other. */
const shorter = ['groups', 'parameters', 'spreads'] as const;

/**
 * The table of a comparison with its notes.
 * @param columns of the terminal; undefined where there is none
 */
export function comparisonReport(
  result: ComparisonResult,
  columns: number | undefined,
  style: Style = plain,
): string {
  const without = (count: number, room?: number): string =>
    tableWithout(new Set(shorter.slice(0, count)), result, { columns: room, style });
  const table =
    [0, 1, 2, 3]
      .map((count) => without(count))
      .find((text) => stringWidth(text.slice(0, text.indexOf('\n'))) <= (columns ?? Infinity)) ??
    without(shorter.length, columns);
  const { notes } = comparisonTable(result);
  const isMarked = table.includes(mark);
  return [table, '', ...notes, ...(isMarked ? [`${mark} The best of the measured rows.`] : [])].join('\n');
}

const mark = '*';

function tableWithout(
  left: ReadonlySet<(typeof shorter)[number]>,
  result: ComparisonResult,
  { columns, style }: { readonly columns: number | undefined; readonly style: Style },
): string {
  const { labels, columns: all, rows } = comparisonTable(result);
  const kept = all.map((_, index) => index).filter((index) => index !== labels || !left.has('parameters'));
  const text = (cell: string): string => (left.has('spreads') ? cell.replace(/ ± [\d.]+/, '') : cell);
  const head = kept.map((index) =>
    columnTitle(left.has('groups') ? { ...all[index]!, group: '' } : all[index]!),
  );
  return fittingTable({
    head,
    rows: rows.map(({ cells, best }) =>
      kept.map((index) => `${text(cells[index]!)}${best[index] ? mark : ''}`),
    ),
    right: kept.flatMap((index, place) => (index >= labels ? [place] : [])),
    broken: head[0]!,
    columns,
    style,
  });
}
