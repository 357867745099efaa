import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import type { SplitReport } from '../../../core/index.js';
import { BaseCommand } from '../../base-command.js';
import { dataReport } from '../../data-report.js';
import { progressLine } from '../../progress.js';

export default class Inspect extends BaseCommand {
  static override summary =
    'Look at the data that a config names: counts, classes, depths, and pictures of samples.';
  static override description =
    'Reads every sample of a split as training would, lists those that cannot be read, and draws some with what each task ' +
    'is to learn from them: a row each, the image first.';
  static override examples = [
    '<%= config.bin %> data inspect',
    '<%= config.bin %> data inspect --split val --samples 12 --sheet val.png',
    '<%= config.bin %> data inspect --no-sheet --json',
  ];
  static override flags = {
    split: Flags.option({ options: ['train', 'val', 'test'] as const, default: 'train' as const })({
      summary: 'Which part of the data.',
    }),
    sheet: Flags.string({
      summary: 'Where to draw samples.',
      helpValue: 'FILE',
      default: 'contact-sheet.png',
    }),
    'no-sheet': Flags.boolean({ summary: 'Draw none.', exclusive: ['sheet', 'samples'] }),
    samples: Flags.integer({ summary: 'How many to draw.', min: 1, max: 64, default: 8 }),
  };

  async run(): Promise<SplitReport> {
    const { flags } = await this.parse(Inspect);
    const { split, sheet: file, samples } = flags;
    const loaded = await this.loadConfig(flags);
    const { inspectData } = await import('../../../core/index.js');
    const line = progressLine(this.jsonEnabled() ? undefined : process.stdout);
    const report = await inspectData(loaded, {
      split,
      sheet: flags['no-sheet'] ? undefined : { file, samples },
      onProgress: (done, of) => line.show(`Reading ${split}: ${done} of ${of}`),
    }).finally(() => line.clear());
    this.log(dataReport(split, report, this.columns, this.style));
    const { samples: good, bad } = report;
    this.logEnding({
      outcome: `Read ${good} samples of ${split}${bad.length > 0 ? `; ${bad.length} cannot be read` : ''}.`,
      ...(flags['no-sheet'] ? {} : { written: { 'Samples, and what each task learns': resolve(file) } }),
    });
    return report;
  }
}
