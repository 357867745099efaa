import { Args, Flags } from '@oclif/core';
import type { EvaluationResult } from '../../core/index.js';
import { BaseCommand } from '../base-command.js';
import { progressLine } from '../progress.js';
import type { Style } from '../style.js';
import { resultTable } from '../tables.js';

export default class Evaluate extends BaseCommand {
  static override summary = 'Evaluate a trained model on a split of its data.';
  static override examples = [
    '<%= config.bin %> evaluate runs/first --split test',
    '<%= config.bin %> evaluate runs/xtasc-net --baseline runs/st-net --json',
  ];
  static override args = { run: Args.string({ description: 'Folder of the run.', required: true }) };
  static override flags = {
    split: Flags.option({ options: ['train', 'val', 'test'] as const, default: 'val' as const })({
      summary: 'Which part of the data.',
    }),
    checkpoint: Flags.option({ options: ['best', 'last'] as const, default: 'best' as const })({
      summary: 'Which of the run’s models.',
    }),
    baseline: Flags.string({ summary: 'Folder of a run that Δm is taken against.', helpValue: 'FOLDER' }),
  };

  async run(): Promise<EvaluationResult> {
    const { args, flags } = await this.parse(Evaluate);
    const { evaluateRun } = await import('../../core/index.js');
    const { run: folder } = args;
    const { split, checkpoint, baseline } = flags;
    const loaded = await this.loadRunConfig(folder, flags);
    const line = progressLine(this.jsonEnabled() ? undefined : process.stdout);
    const result = await evaluateRun(loaded, {
      folder,
      split,
      checkpoint,
      baseline:
        baseline === undefined
          ? undefined
          : { folder: baseline, loaded: await this.loadRunConfig(baseline, {}) },
      onProgress: (done, of) => line.show(`Evaluating ${split}: batch ${done} of ${of}`),
    }).finally(() => line.clear());
    this.log(resultTable(result, this.columns, this.style));
    const gain =
      result.deltaM === undefined
        ? ''
        : ` ${gainLine(baseline, result.deltaM, result.notInDeltaM, this.style)}`;
    this.logEnding({
      outcome: `Metrics of the ${checkpoint} model of ${folder} on the ${split} split.${gain}`,
      next: this.nextCommands(['report', 'predict'], folder),
    });
    return result;
  }
}

function gainLine(
  baseline: string | undefined,
  gain: number,
  leftOut: readonly string[] | undefined,
  style: Style,
): string {
  const without =
    leftOut && leftOut.length > 0 ? ` (without ${leftOut.join(', ')}: the baseline’s is 0)` : '';
  const percent = `${gain.toFixed(2)} %`;
  return `Δm against ${baseline}: ${gain > 0 ? style.good(percent) : percent}${without}`;
}
