import { resolve } from 'node:path';
import { CsvError, parse } from 'csv-parse/sync';
import { badValue, show, type LabelInfo, type MtlError, type Raster } from '../../../core/index.js';
import { firstFew } from '../common/files.js';
import { readList } from '../common/read-list.js';
import type { TableOptions } from './table-options.js';

/** A sample's labels of the whole image, by name; it lacks those whose cells are empty. */
type ImageLabels = Readonly<Record<string, Raster>>;

/** The table's labels, by the samples' names. */
export type LabelTable = ReadonlyMap<string, ImageLabels>;

/** One record of the file. */
interface Line {
  readonly number: number;
  readonly cells: readonly string[];
}

/** A column that holds labels. */
interface Column {
  readonly label: string;
  /** Its place among the cells. */
  readonly at: number;
  /** Class names by id; absent for numbers. */
  readonly classes?: readonly string[];
}

/** What the table's labels mean, by name. */
export function describeTable({ classes, numbers }: TableOptions): Readonly<Record<string, LabelInfo>> {
  return Object.fromEntries<LabelInfo>([
    ...Object.entries(classes).map(([label, names]) => [label, { kind: 'imageClass', names }] as const),
    ...Object.entries(numbers).map(([label, unit]) => [label, { kind: 'imageNumber', unit }] as const),
  ]);
}

export function tableFile(root: string, { file }: TableOptions): string {
  return resolve(root, file);
}

/**
 * Reads the table whole.
 * @param root absolute path that `options.file` starts from
 * @param names of all samples
 * @param allowMissing whether samples may be missing in the table
 * @throws MtlError `DATA_INVALID` naming file and line
 */
export async function readTable(
  root: string,
  options: TableOptions,
  names: readonly string[],
  allowMissing: boolean,
): Promise<LabelTable> {
  const file = tableFile(root, options);
  const [header, ...lines] = parseLines(
    file,
    await readList(file, 'dataset.table.file', 'a relative path starts from dataset.root'),
  );
  const { nameAt, columns } = findColumns(file, header, options);
  const known = new Set(names);
  const table = new Map<string, ImageLabels>();
  const firstLine = new Map<string, number>();
  for (const { number, cells } of lines) {
    const name = cells[nameAt]!;
    const what = `${file}, line ${number}, column "${options.name}"`;
    if (!known.has(name)) throw unknownName(what, name, names);
    const other = firstLine.get(name);
    if (other !== undefined) {
      throw badValue('DATA_INVALID', {
        what,
        expected: 'one line for each sample',
        found: `"${name}", which line ${other} has too`,
        fix: 'take one of the two out',
      });
    }
    firstLine.set(name, number);
    table.set(name, readCells(file, number, cells, columns));
  }
  const missing = names.filter((name) => !table.has(name));
  if (missing.length > 0 && !allowMissing) throw missingNames(file, missing, lines.at(-1)?.number ?? 1);
  return table;
}

/** The file's records with the lines that they end on; lines without a value are passed over. */
function parseLines(file: string, text: string): Line[] {
  try {
    // The package's types leave out what `info` does to the records.
    const records = parse(text, {
      bom: true,
      info: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      trim: true,
    }) as unknown as readonly { readonly info: { readonly lines: number }; readonly record: string[] }[];
    return records.map(({ info, record }) => ({ number: info.lines, cells: record }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error.lines === 'number' ? `, line ${error.lines}` : '';
    throw badValue(
      'DATA_INVALID',
      {
        what: `${file}${line}`,
        expected: 'comma-separated values, as many in each line as in the first',
        found: error.message,
        fix: 'put texts that hold commas or quotes into double quotes, and double the quotes in them',
      },
      { cause: error },
    );
  }
}

function findColumns(
  file: string,
  header: Line | undefined,
  { name, classes, numbers }: TableOptions,
): { readonly nameAt: number; readonly columns: readonly Column[] } {
  const cells = header?.cells ?? [];
  const find = (column: string): number => {
    const at = cells.indexOf(column);
    if (at >= 0 && cells.lastIndexOf(column) === at) return at;
    throw badValue('DATA_INVALID', {
      what: `${file}, line ${header?.number ?? 1}`,
      expected: `${at < 0 ? 'a' : 'only one'} column "${column}"`,
      found: cells.length > 0 ? `the columns ${cells.map(show).join(', ')}` : 'an empty file',
      fix: 'the first line names the columns, parted by commas; mend it, or dataset.table',
    });
  };
  return {
    nameAt: find(name),
    columns: [
      ...Object.entries(classes).map(([label, of]) => ({ label, at: find(label), classes: of })),
      ...Object.keys(numbers).map((label) => ({ label, at: find(label) })),
    ],
  };
}

function readCells(
  file: string,
  number: number,
  cells: readonly string[],
  columns: readonly Column[],
): ImageLabels {
  const labels: Record<string, Raster> = {};
  for (const { label, at, classes } of columns) {
    const cell = cells[at]!;
    if (cell === '') continue;
    const what = `${file}, line ${number}, column "${label}"`;
    const data = classes
      ? Uint8Array.of(toClass(what, cell, classes, label))
      : Float32Array.of(toNumber(what, cell));
    labels[label] = { height: 1, width: 1, channels: 1, data };
  }
  return labels;
}

function toClass(what: string, cell: string, classes: readonly string[], label: string): number {
  const id = classes.indexOf(cell);
  if (id >= 0) return id;
  throw badValue('DATA_INVALID', {
    what,
    expected: `one of the classes ${classes.join(', ')}`,
    found: show(cell),
    fix: `mend the cell, empty it where the sample has no label, or add the class to dataset.table.classes.${label}`,
  });
}

// Number() alone would take "0x10" and "Infinity", which hardly anyone means.
const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function toNumber(what: string, cell: string): number {
  const value = Number(cell);
  if (decimal.test(cell) && Number.isFinite(Math.fround(value))) return value;
  throw badValue('DATA_INVALID', {
    what,
    expected: 'a number that float32 holds, with a point for decimals, such as -1.5',
    found: show(cell),
    fix: 'mend the cell, or empty it where the sample has no label',
  });
}

function unknownName(what: string, name: string, names: readonly string[]): MtlError {
  return badValue('DATA_INVALID', {
    what,
    expected: `the name of a sample (such as ${firstFew(names)})`,
    found: show(name),
    fix: "a sample's name is its image's path without folder of the glob, extension and suffix; mend the cell, or take the line out",
  });
}

function missingNames(file: string, missing: readonly string[], lastLine: number): MtlError {
  return badValue('DATA_INVALID', {
    what: `${file}, after line ${lastLine}`,
    expected: 'a line for every sample',
    found: `none for ${missing.length}: ${firstFew(missing)}`,
    fix: 'add them (cells may be empty), or set allowMissing: true where samples may lack labels',
  });
}
