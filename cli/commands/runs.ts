import { Args, Flags } from '@oclif/core';
import type { RunComparison, RunListing } from '../../core/index.js';
import { BaseCommand } from '../base-command.js';
import { comparisonTables, runsTable } from '../runs-report.js';

export default class Runs extends BaseCommand {
  static override summary = 'List runs, newest first, or show in what two of them differ.';
  static override description =
    'One folder is a folder of runs; two are runs to compare: config, environment, and the best models’ metrics.';
  static override examples = [
    '<%= config.bin %> runs',
    '<%= config.bin %> runs experiments --json',
    '<%= config.bin %> runs --compare runs/first runs/second',
  ];
  static override args = {
    folder: Args.string({ description: 'A folder of runs, by default runs; or a run to compare.' }),
    other: Args.string({ description: 'The run to compare it with.' }),
  };
  static override flags = {
    compare: Flags.boolean({ summary: 'Compare two runs; two names do so without it.' }),
  };

  async run(): Promise<readonly RunListing[] | RunComparison> {
    const { args, flags } = await this.parse(Runs);
    const { folder = 'runs', other } = args;
    const { compareRuns, listRuns } = await import('../../core/index.js');
    const { columns, style } = this;
    if (other !== undefined) {
      const comparison = compareRuns(folder, other);
      this.log(comparisonTables(comparison, columns, style));
      return comparison;
    }
    if (flags.compare) this.error('--compare takes the folders of two runs', { exit: 2 });
    const runs = listRuns(folder);
    this.log(runs.length > 0 ? runsTable(runs, columns, style) : `No runs in ${folder}.`);
    return runs;
  }
}
