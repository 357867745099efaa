import { isFragment, type Fragment } from '../config/merge.js';
import { badValue } from '../errors.js';
import type { Comparison } from './schema.js';

/** A row of the comparison: a config for each seed. */
export interface RowPlan {
  /** Its labels in one, e.g. `XTasC-Net, GradNorm`. */
  readonly name: string;
  /** One per axis; empty where an axis does not apply. */
  readonly labels: readonly string[];
  /** What makes it differ, later ones above earlier ones. */
  readonly fragments: readonly Fragment[];
  /** Key paths of the fragments. */
  readonly paths: readonly string[];
}

/** Names of the columns of labels. */
export function axisNames({ axes }: Pick<Comparison, 'axes'>): readonly string[] {
  const names = Object.keys(axes);
  return names.length > 0 ? names : ['row'];
}

/**
 * The single rows, then the product of the axes, the first of which changes least.
 * @throws MtlError `CONFIG_INVALID` where there is none, two have one name, or the baseline is no row
 */
export function planRows(spec: Comparison, what: string): readonly RowPlan[] {
  const others = axisNames(spec).slice(1);
  const single = Object.entries(spec.rows).map(([name, fragment]) => ({
    name,
    labels: [name, ...others.map(() => '')],
    fragments: [fragment],
    paths: [`rows.${name}`],
  }));
  const rows = [...single, ...product(spec.axes)];
  if (rows.length === 0) {
    throw badValue('CONFIG_INVALID', {
      what: `rows in ${what}`,
      expected: 'at least one row, under rows or by axes',
      found: 'none',
    });
  }
  checkNames(rows, spec.baseline, what);
  checkPublished(spec, what);
  return rows;
}

function product(axes: Comparison['axes']): readonly RowPlan[] {
  const start: readonly RowPlan[] = [{ name: '', labels: [], fragments: [], paths: [] }];
  if (Object.keys(axes).length === 0) return [];
  return Object.entries(axes).reduce(
    (rows, [axis, choices]) =>
      rows.flatMap((row) =>
        Object.entries(choices).map(([label, fragment]) => {
          const labels = [...row.labels, label];
          return {
            name: labels.join(', '),
            labels,
            fragments: [...row.fragments, fragment],
            paths: [...row.paths, `axes.${axis}.${label}`],
          };
        }),
      ),
    start,
  );
}

function checkNames(rows: readonly RowPlan[], baseline: string | null, what: string): void {
  const folders = new Map<string, string>();
  for (const { name } of rows) {
    const other = folders.get(slug(name));
    if (other !== undefined) {
      throw badValue('CONFIG_INVALID', {
        what: `rows in ${what}`,
        expected: 'names that differ in letters and digits',
        found: `"${other}" and "${name}"`,
      });
    }
    folders.set(slug(name), name);
  }
  const names = rows.map(({ name }) => name);
  if (baseline !== null && !names.includes(baseline)) {
    throw badValue('CONFIG_INVALID', {
      what: `baseline in ${what}`,
      expected: `a row: ${names.join('; ')}`,
      found: `"${baseline}"`,
    });
  }
}

function checkPublished(spec: Comparison, what: string): void {
  const axes = axisNames(spec);
  const odd = spec.published.flatMap(({ rows }) => rows).find(({ labels }) => labels.length > axes.length);
  if (!odd) return;
  throw badValue('CONFIG_INVALID', {
    what: `published in ${what}`,
    expected: `at most one label for each of ${axes.join(', ')}`,
    found: odd.labels.join(', '),
  });
}

/** A row's name as a part of a folder's: `Base ST-Net` → `base-st-net`. */
export function slug(name: string): string {
  const text = name
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '');
  return text.slice(0, 80) || 'row';
}

/** What a row's run with a seed is called. */
export function cellName(row: string, seed: number): string {
  return `${slug(row)}-seed${seed}`;
}

/** Rows and choices that are null are left out, as a file leaves out those of what it extends. */
export function withoutNulls(raw: Fragment): Fragment {
  const kept = (value: unknown): unknown =>
    isFragment(value) ? Object.fromEntries(Object.entries(value).filter(([, item]) => item !== null)) : value;
  const { axes, rows } = raw;
  const left = kept(axes);
  return {
    ...raw,
    ...(axes === undefined
      ? {}
      : {
          axes: isFragment(left)
            ? Object.fromEntries(Object.entries(left).map(([axis, choices]) => [axis, kept(choices)]))
            : left,
        }),
    ...(rows === undefined ? {} : { rows: kept(rows) }),
  };
}
