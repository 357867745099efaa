import Table from 'cli-table3';
import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import { plain, type Style } from './style.js';

/**
 * @param right columns of numbers
 * @param broken widths of columns whose texts go on in a next line; borders take two of each
 */
export function textTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[],
  broken: Readonly<Record<number, number>> = {},
  style: Style = plain,
): string {
  const cell = (text: string, column: number): string => {
    const width = broken[column];
    return width === undefined ? text : wrapped(text, width - 2);
  };
  const made = new Table({
    head: head.map((title, column) => style.heading(cell(title, column))),
    style: { head: [], border: [], compact: true },
    colAligns: head.map((_, column) => (right.includes(column) ? 'right' : 'left')),
    colWidths: head.map((_, column) => broken[column] ?? null),
  });
  made.push(...rows.map((row) => row.map(cell)));
  return made.toString();
}

export interface FittingTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Columns of numbers. */
  readonly right: readonly number[];
  /** The column whose texts go on in a next line where the terminal is too narrow. */
  readonly broken: string;
  /** Of the terminal; undefined where there is none. */
  readonly columns: number | undefined;
  /** Columns that a narrow terminal does without, the first one first. */
  readonly dispensable?: readonly string[];
  /** How many columns say what a row is about; they head it where there is no room for a table. Default 1. */
  readonly names?: number;
  readonly style?: Style | undefined;
}

/** No column becomes narrower: texts would be columns of words. */
const narrowest = 24;

/** A table that is no wider than the terminal: broken, or without some columns, or else row by row. */
export function fittingTable(table: FittingTable): string {
  const { columns, dispensable = [] } = table;
  if (columns === undefined) return textTable(table.head, table.rows, table.right, {}, table.style);
  for (let count = 0; count <= dispensable.length; count++) {
    const broken = brokenTable(without(table, dispensable.slice(0, count)), columns);
    if (broken !== undefined) return broken;
  }
  return stacked(without(table, dispensable), columns);
}

function without(table: FittingTable, titles: readonly string[]): FittingTable {
  const kept = [...table.head.keys()].filter((column) => !titles.includes(table.head[column]!));
  return {
    ...table,
    head: kept.map((column) => table.head[column]!),
    rows: table.rows.map((row) => kept.map((column) => row[column]!)),
    right: table.right.flatMap((column) => (kept.includes(column) ? [kept.indexOf(column)] : [])),
  };
}

/** @returns undefined where one column cannot give way enough */
function brokenTable(
  { head, rows, right, broken, style }: FittingTable,
  columns: number,
): string | undefined {
  // A space on both sides of a text, and a line between columns and at the ends.
  const widths = head.map(
    (title, column) => 2 + Math.max(...[title, ...rows.map((row) => row[column]!)].map(widest)),
  );
  const total = widths.reduce((sum, width) => sum + width, head.length + 1);
  if (total <= columns) return textTable(head, rows, right, {}, style);
  const giving = head.lastIndexOf(broken);
  const room = (widths[giving] ?? 0) - total + columns;
  return room < narrowest ? undefined : textTable(head, rows, right, { [giving]: room }, style);
}

/** A row after the other: what it is about, and then a line for each of its other cells. */
function stacked({ head, rows, names = 1, style = plain }: FittingTable, columns: number): string {
  const titles = head.slice(names);
  const label = Math.max(0, ...titles.map(widest));
  const room = columns - label - 4;
  const isBeside = room >= 12;
  const cell = (text: string, index: number): string[] => {
    if (text === '') return [];
    const title = titles[index]!;
    if (!isBeside) return [...indented(style.hint(title), 2, columns), ...indented(text, 4, columns)];
    const [first, ...rest] = wrapped(text, room).split('\n');
    const gap = ' '.repeat(label - stringWidth(title) + 2);
    return [`  ${style.hint(title)}${gap}${first}`, ...rest.map((line) => ' '.repeat(label + 4) + line)];
  };
  return rows
    .flatMap((row) => [
      ...indented(style.heading(row.slice(0, names).filter(Boolean).join(' ')), 0, columns),
      ...row.slice(names).flatMap(cell),
    ])
    .join('\n');
}

function indented(text: string, by: number, columns: number): string[] {
  return wrapped(text, columns - by)
    .split('\n')
    .map((line) => ' '.repeat(by) + line);
}

/** Lines of at most so many characters, indented as the first one is. A word that is longer is cut: paths are. */
export function wrapped(text: string, width: number): string {
  const [indent] = /^ */.exec(text)!;
  return wrapAnsi(text.slice(indent.length), Math.max(1, width - indent.length), { hard: true }).replace(
    /^/gm,
    indent,
  );
}

function widest(text: string): number {
  return Math.max(...text.split('\n').map((line) => stringWidth(line)));
}
