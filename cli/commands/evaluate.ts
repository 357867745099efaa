import { Flags } from '@oclif/core';
import type { EvaluationResult, SplitName } from '../../core/index.js';
import { BaseCommand } from '../base-command.js';
import { progressLine } from '../progress.js';
import { resultTable } from '../tables.js';

export default class Evaluate extends BaseCommand {
  static override summary = 'Evaluate a trained model on a split of its data.';
  static override examples = [
    '<%= config.bin %> evaluate --run runs/first --split test',
    '<%= config.bin %> evaluate --run runs/xtasc-net --baseline runs/st-net --json',
  ];
  static override flags = {
    run: Flags.string({ summary: 'Folder of the run.', helpValue: 'FOLDER', required: true }),
    split: Flags.option({ options: ['train', 'val', 'test'] as const, default: 'val' as const })({
      summary: 'Which part of the data.',
    }),
    checkpoint: Flags.option({ options: ['best', 'last'] as const, default: 'best' as const })({
      summary: 'Which of the run’s models.',
    }),
    baseline: Flags.string({ summary: 'Folder of a run that Δm is taken against.', helpValue: 'FOLDER' }),
  };

  async run(): Promise<EvaluationResult> {
    const { flags } = await this.parse(Evaluate);
    const { evaluateRun, loadRunConfig } = await import('../../core/index.js');
    const { builtin } = await import('../../plugins/index.js');
    const named = flags.config !== undefined || flags.preset !== undefined;
    const loaded = named
      ? await this.loadConfig(flags)
      : await loadRunConfig(flags.run, [builtin], flags.set);
    const { baseline } = flags;
    const line = progressLine(this.jsonEnabled() ? undefined : process.stdout);
    const result = await evaluateRun(loaded, {
      folder: flags.run,
      split: flags.split as SplitName,
      checkpoint: flags.checkpoint,
      baseline: baseline === undefined ? undefined : { folder: baseline, loaded: await loadRunConfig(baseline, [builtin]) },
      onProgress: (done, of) => line.show(`Evaluating ${flags.split}: batch ${done} of ${of}`),
    });
    line.clear();
    this.log(resultTable(result));
    if (result.deltaM !== undefined) this.log(`Δm against ${flags.baseline}: ${result.deltaM.toFixed(2)} %`);
    return result;
  }
}
