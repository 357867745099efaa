import { dirname, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Expansion, layer } from '../config/expand.js';
import { checkExtent } from '../config/extent.js';
import { readConfig } from '../config/find.js';
import { checkConfig, parseOverrides, type Fragment, type LoadedConfig } from '../config/index.js';
import { isFragment, merge } from '../config/merge.js';
import { badValue, clip, MtlError, show } from '../errors.js';
import { Registry, type Plugin } from '../registry/index.js';
import { didYouMean } from '../text.js';
import { columnsOf, type ComparisonColumn } from './columns.js';
import { rowConfig } from './row-config.js';
import { inOrder, rowsTakenBy, type PlannedRow } from './row-runs.js';
import { cellName, planRows, withoutNulls, type RowPlan } from './rows.js';
import { comparisonSchema, type Comparison } from './schema.js';

/** Where a comparison comes from. */
export interface LoadComparisonOptions {
  /** Plugins that need not be named, e.g. the built-in ones. */
  readonly plugins: readonly Plugin[];
  /** Folder that paths start from where there is no file; default the current one. */
  readonly folder?: string | undefined;
  /** A comparison file: YAML, JSON or a module. */
  readonly file?: string | undefined;
  /** A comparison that is there already, instead of a file. */
  readonly comparison?: Fragment | undefined;
  /** A comparison of a plugin to start from, below what the file says. */
  readonly preset?: string | undefined;
  /** A config file that the base extends, for the data and training of a preset's rows. */
  readonly config?: string | undefined;
  /** Of the rows’ configs, `key.path=value`, above everything else but the seed. */
  readonly overrides?: readonly string[] | undefined;
  /** How many seeds, instead of what the file says. */
  readonly seeds?: number | undefined;
}

/** One training of a comparison: a row with a seed. */
export interface ComparisonCell {
  /** Of its folder, e.g. `xtasc-net-seed0`. */
  readonly name: string;
  readonly row: string;
  readonly seed: number;
  /** Where it names another row's run, that stands there as `row:NAME`, see `withRuns`. */
  readonly loaded: LoadedConfig;
  /** Rows whose runs with this seed it takes. */
  readonly takes: readonly string[];
}

/** A checked comparison: every run that it takes. */
export interface LoadedComparison {
  readonly spec: Comparison;
  readonly rows: readonly RowPlan[];
  readonly columns: readonly ComparisonColumn[];
  /** By row, each with all seeds, in the order of the training: rows after those whose runs they take. */
  readonly cells: readonly ComparisonCell[];
  /** What it was made of, to make it again. */
  readonly source: ComparisonSource;
}

/** A comparison with what it extends, as it is kept in its folder. */
export interface ComparisonSource {
  readonly file: string | null;
  readonly baseFolder: string;
  readonly comparison: Fragment;
  readonly overrides: readonly string[];
}

/**
 * Reads a comparison and makes the config of each of its cells; nothing is trained.
 * @throws MtlError `CONFIG_NOT_FOUND`, `CONFIG_INVALID` with all that is wrong
 */
export async function loadComparison(options: LoadComparisonOptions): Promise<LoadedComparison> {
  const { plugins, overrides = [] } = options;
  const { file, baseFolder, config, raw: read } = await readComparison(options);
  const what = file ?? 'the comparison';
  const registry = new Registry(plugins);
  const expansion = new Expansion(registry, baseFolder);
  const { extends: parents, plugins: more, ...flags } = parseOverrides(overrides);
  // Plugins first: they may bring what is extended.
  await expansion.expand({ plugins: pluginsOf(read) }, { name: what, folder: baseFolder, trail: [] });
  await expansion.expand({ plugins: more }, { name: '--set', folder: baseFolder, trail: [] });
  const presets = options.preset === undefined ? [] : [namedComparison(options.preset, '--preset', registry)];
  const below = [...presets, ...extended(read, what, registry)].reduce<Fragment>(merge, {});
  const comparison = merge(
    extendBase(merge(below, withoutExtends(read)), [config, parents], more),
    options.seeds === undefined ? {} : { seeds: options.seeds },
  );
  const spec = checkComparison(comparison, registry, what);
  const rows = planRows(spec, what);
  const configs: LoadedConfig[] = [];
  for (const row of rows) {
    const fragment = await rowConfig(expansion, {
      base: spec.base,
      row,
      overrides: flags,
      what,
      folder: baseFolder,
    });
    const config = checkConfig(fragment, registry, `row "${row.name}" of ${what}`);
    configs.push({ config, registry, baseFolder, file, plugins });
  }
  checkDiffer(rows, configs, what);
  return {
    spec,
    rows,
    columns: columnsOf(spec, configs, what),
    cells: inOrder(
      rows.map((row, index) => ({
        row,
        loaded: configs[index]!,
        takes: rowsTakenBy(configs[index]!.config),
      })),
      what,
    ).flatMap((row) => spec.seeds.map((seed) => cellOf(row, seed))),
    source: { file: file ?? null, baseFolder, comparison, overrides },
  };
}

interface Read {
  readonly file: string | undefined;
  readonly baseFolder: string;
  /** The config file that the base is to extend. */
  readonly config: string | undefined;
  readonly raw: Fragment;
}

async function readComparison(options: LoadComparisonOptions): Promise<Read> {
  const { file, comparison, preset, config } = options;
  const folder = resolve(options.folder ?? process.cwd());
  if (config !== undefined && file !== undefined) {
    throw badValue('CONFIG_INVALID', {
      what: '--config',
      expected: 'a config for the rows of a --preset',
      found: `${show(config)} beside the comparison file ${file}`,
      fix: 'name it in the file: base: { extends: ./my.config.yaml }',
    });
  }
  if (file !== undefined) {
    const found = await readConfig(file, folder, '--file');
    return { file: found.file, baseFolder: dirname(found.file), config: undefined, raw: found.config };
  }
  if (comparison === undefined && preset === undefined) {
    throw badValue('CONFIG_NOT_FOUND', {
      what: 'the comparison',
      expected: 'a file or a preset',
      found: 'neither',
      fix: 'name a file with --file, or a preset with --preset; "mtl plugins" lists the comparisons',
    });
  }
  if (comparison !== undefined) checkExtent(comparison, 'the comparison');
  const path = config === undefined ? undefined : resolve(folder, config);
  const baseFolder = path === undefined ? folder : dirname(path);
  return { file: undefined, baseFolder, config: path, raw: comparison ?? {} };
}

function pluginsOf({ base }: Fragment): unknown {
  return isFragment(base) ? base.plugins : undefined;
}

/** What is named beside a comparison is extended by its base, above what that extends already. */
function extendBase(comparison: Fragment, parents: readonly unknown[], plugins: unknown): Fragment {
  const { base = {} } = comparison;
  if (!isFragment(base)) return comparison;
  const all = [base.extends, ...parents].flat().filter((parent) => parent !== undefined);
  return { ...comparison, base: layer(base, { plugins, ...(all.length > 0 ? { extends: all } : {}) }) };
}

function withoutExtends(comparison: Fragment): Fragment {
  return Object.fromEntries(Object.entries(comparison).filter(([key]) => key !== 'extends'));
}

/** The comparisons that a file extends. */
function extended(
  { extends: parents = [] }: Fragment,
  what: string,
  registry: Registry,
): readonly Fragment[] {
  const names: readonly unknown[] = Array.isArray(parents) ? parents : [parents];
  return names.map((name) => namedComparison(name, `extends in ${what}`, registry));
}

function namedComparison(name: unknown, what: string, registry: Registry): Fragment {
  const found = typeof name === 'string' ? registry.comparison(name) : undefined;
  if (found) return found;
  const names = registry.comparisonNames();
  const fix = typeof name === 'string' ? didYouMean(name, names) : undefined;
  throw badValue('CONFIG_INVALID', {
    what,
    expected:
      names.length > 0
        ? `a comparison: ${names.join(', ')}`
        : 'a comparison that a plugin brings (there is none)',
    found: show(name),
    ...(fix ? { fix } : {}),
  });
}

/** @throws MtlError `CONFIG_INVALID` */
function checkComparison(comparison: Fragment, registry: Registry, what: string): Comparison {
  const raw = withoutNulls(comparison);
  const parsed = comparisonSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const problems = registry.describe(parsed.error, raw, '', comparisonSchema);
  const heading = `${problems.length === 1 ? 'A problem' : `${problems.length} problems`} in ${what}:`;
  throw new MtlError('CONFIG_INVALID', [heading, ...problems.map((line) => `  ${clip(line)}`)].join('\n'));
}

/** Two rows of one config are a mistake: something above has undone what they were to differ in. */
function checkDiffer(rows: readonly RowPlan[], configs: readonly LoadedConfig[], what: string): void {
  for (const [index, { name }] of rows.entries()) {
    const other = configs.findIndex(({ config }) => isDeepStrictEqual(config, configs[index]!.config));
    if (other === index) continue;
    throw badValue('CONFIG_INVALID', {
      what: `rows in ${what}`,
      expected: 'configs that differ',
      found: `one config for "${rows[other]!.name}" and "${name}"`,
      fix: 'leave out of base and --set what they are to differ in',
    });
  }
}

function cellOf({ row, loaded, takes }: PlannedRow, seed: number): ComparisonCell {
  const { config } = loaded;
  const seeded = { ...loaded, config: { ...config, train: { ...config.train, seed } } };
  return { name: cellName(row.name, seed), row: row.name, seed, loaded: seeded, takes };
}
