import { basename, join } from 'node:path';
import { Flags } from '@oclif/core';
import type { ComparisonEvent, ComparisonResult, LoadedComparison } from '../../core/index.js';
import { BaseCommand, overridesOf } from '../base-command.js';
import type { Ending } from '../ending.js';
import { endWithStarter, runLocalRanks } from '../local-ranks.js';
import { silence } from '../progress.js';
import { stopOnSignal } from '../stop.js';
import { surviveHangup } from '../terminal.js';

const comparisonsFolder = 'comparisons';

/** What `--dry-run` tells of a cell. */
interface PlannedCell {
  readonly row: string;
  readonly seed: number;
  readonly run: string;
}

export default class Compare extends BaseCommand {
  static override summary = 'Train a grid of configs over several seeds, and write the tables.';
  static override description =
    'A comparison file says what the rows are, see docs/compare.md; a preset is one that is there already. Each row and seed is a run of its own in the ' +
    'comparison’s folder. The same command goes on where it was stopped: runs that are done are not trained again.';
  static override examples = [
    '<%= config.bin %> compare --file compare.yaml',
    '<%= config.bin %> compare --preset paper-models --config mtl.config.yaml --seeds 3',
    '<%= config.bin %> compare --preset paper-weighting --set backbone=resnet18 --dry-run',
    '<%= config.bin %> compare --out comparisons/paper-models',
    '<%= config.bin %> compare --file compare.yaml --engine torch --nproc 4 --group 2',
  ];
  static override flags = {
    file: Flags.string({ summary: 'The comparison file.', helpValue: 'FILE' }),
    preset: Flags.string({
      summary: 'A comparison to start from; "mtl plugins" lists them.',
      helpValue: 'NAME',
    }),
    config: Flags.string({
      char: 'c',
      summary: 'With --preset: the config file that gives data and training; the methods are the rows’ own.',
      helpValue: 'FILE',
    }),
    out: Flags.string({
      summary: `Folder of the comparison, by default one in ${comparisonsFolder}/ by its name; alone, the one to go on with.`,
      helpValue: 'FOLDER',
    }),
    seeds: Flags.integer({
      summary: 'How many seeds, instead of what the file says.',
      min: 1,
      helpValue: 'N',
    }),
    nproc: Flags.integer({
      summary:
        'Share out the runs among so many processes on this host. Launchers such as torchrun and srun start them themselves.',
      helpValue: 'N',
      min: 1,
    }),
    group: Flags.integer({
      summary:
        'With several processes: how many train a run together, a divisor of their number; by default 1.',
      helpValue: 'N',
      min: 1,
    }),
    'dry-run': Flags.boolean({ summary: 'Check everything and list the runs, without training.' }),
  };

  async run(): Promise<ComparisonResult | readonly PlannedCell[]> {
    const { flags } = await this.parse(Compare);
    const { nproc = 1, group } = flags;
    if (nproc > 1 && !flags['dry-run']) {
      const goOn = 'the same command goes on with what is not done';
      await runLocalRanks(['compare', ...this.argv], { count: nproc, group: group ?? 1, goOn });
    }
    endWithStarter();
    const { compare, loadComparison, loadStoredComparison, worldFromEnvironment } =
      await import('../../core/index.js');
    const { builtin } = await import('../../plugins/index.js');
    const { cellsTable, comparisonReport } = await import('../compare-report.js');
    const { file, preset, config, seeds, out } = flags;
    const isStored = file === undefined && preset === undefined && out !== undefined;
    const overrides = overridesOf(flags);
    if (isStored && (config !== undefined || seeds !== undefined || overrides.length > 0)) {
      this.error(
        '--out alone goes on with what was begun there; name its --file or --preset to change something',
        {
          exit: 2,
        },
      );
    }
    const plugins = [builtin];
    const loaded = isStored
      ? await loadStoredComparison(out, plugins)
      : await loadComparison({ plugins, file, preset, config, overrides, seeds });
    if (flags['dry-run']) {
      this.log(`${cellsTable(loaded, this.columns)}\n\n${loaded.cells.length} runs.`);
      return loaded.cells.map(({ row, seed, name }) => ({ row, seed, run: `runs/${name}` }));
    }
    const folder = out ?? join(comparisonsFolder, nameOf(flags));
    const launch = worldFromEnvironment();
    const isFirst = (launch?.rank ?? 0) === 0;
    const result = await this.compared(
      (options) => compare(loaded, { ...options, folder, launch, group }),
      isFirst ? folder : undefined,
    );
    // Rank 0 tells it.
    if (!isFirst) process.exit(0);
    this.log(`\n${comparisonReport(result, this.columns, this.style)}`);
    this.logEnding(endingOf(result, loaded, folder));
    if (result.cells.some(({ state }) => state !== 'done')) process.exitCode = 1;
    return result;
  }

  /** @param folder of the comparison, which is told how it goes on; undefined where another rank tells it */
  private async compared(
    run: (options: {
      signal: AbortSignal;
      onEvent: (event: ComparisonEvent) => void;
    }) => Promise<ComparisonResult>,
    folder: string | undefined,
  ): Promise<ComparisonResult> {
    // It needs what core computes, which a command that is only listed does not load.
    const { compareReporter } = await import('../compare-report.js');
    const report =
      folder === undefined
        ? silence
        : this.jsonEnabled()
          ? { event: (event: ComparisonEvent) => this.logJson(plain(event)), end: () => undefined }
          : compareReporter(process.stdout, folder);
    const stop = stopOnSignal(report.end);
    const alone = surviveHangup();
    try {
      return await run({ signal: stop.signal, onEvent: report.event });
    } finally {
      report.end();
      stop.release();
      alone();
    }
  }
}

/** An event without the cell's whole config. */
function plain({ cell: { row, seed }, ...event }: ComparisonEvent): object {
  return { ...event, row, seed };
}

/** E.g. `paper-models`, or `compare` for `compare.yaml`. */
function nameOf({
  file,
  preset,
  config,
}: Readonly<Record<'file' | 'preset' | 'config', string | undefined>>): string {
  const parts = [file ?? preset ?? 'comparison', ...(config === undefined ? [] : [config])];
  return parts.map((part) => basename(part).replace(/^\.?|\..*$/g, '')).join('-');
}

function endingOf({ cells }: ComparisonResult, { spec }: LoadedComparison, folder: string): Ending {
  const count = (of: string): number => cells.filter(({ state }) => state === of).length;
  const undone = Object.entries({ failed: count('failed'), 'not done': count('waiting') })
    .filter(([, runs]) => runs > 0)
    .map(([what, runs]) => `${runs} of ${cells.length} runs ${what}`);
  const again = `mtl compare --out ${folder}`;
  const run = `${folder}/${cells[0]!.run}`;
  return {
    outcome:
      undone.length > 0
        ? `${undone.join(', ')}; the same command tries them again.`
        : `All ${cells.length} runs are done.` +
          (spec.seeds.length === 1
            ? ' One seed says little about a difference: --seeds 3 adds two, without training this one again.'
            : ''),
    written: {
      Tables: `${folder}/table.md, .tex, .csv, .json`,
      Everything: `${folder}/comparison.json`,
    },
    next: undone.length > 0 ? [again] : [`mtl report ${run} --comparison ${folder}`, `mtl evaluate ${run}`],
  };
}
