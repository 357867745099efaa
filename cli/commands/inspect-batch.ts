import { Args, Flags } from '@oclif/core';
import type { BatchReport } from '../../core/index.js';
import { BaseCommand } from '../base-command.js';
import { batchReport } from '../batch-report.js';

export default class InspectBatch extends BaseCommand {
  static override summary = 'Look at the batch that ended a run with a loss or gradient that is no number.';
  static override description =
    'Reads what the run kept in its folder problem/: the samples’ names, every task’s loss, and what each array holds. ' +
    'Nothing is computed; the data set is not read.';
  static override examples = [
    '<%= config.bin %> inspect-batch runs/first',
    '<%= config.bin %> inspect-batch runs/first --out batch.png',
  ];
  static override args = { run: Args.string({ description: 'Folder of the run.', required: true }) };
  static override flags = {
    out: Flags.string({ summary: 'Where to draw the images and targets.', helpValue: 'FILE' }),
  };

  async run(): Promise<BatchReport> {
    const { args, flags } = await this.parse(InspectBatch);
    const { inspectBatch } = await import('../../core/index.js');
    const loaded = await this.loadRunConfig(args.run, flags);
    const report = await inspectBatch(loaded, args.run, flags.out);
    this.log(batchReport(report, this.columns, this.style));
    if (flags.out !== undefined) this.log(`\nImages and targets, a row each sample: ${flags.out}`);
    return report;
  }
}
