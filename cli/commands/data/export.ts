import { Flags } from '@oclif/core';
import { stringify } from 'yaml';
import type { SplitName } from '../../../core/index.js';
import { BaseCommand } from '../../base-command.js';
import { progressLine } from '../../progress.js';

interface ExportJson {
  /** What stands under `dataset:` in a config that reads the files. */
  readonly dataset: Readonly<Record<string, unknown>>;
}

export default class Export extends BaseCommand {
  static override summary = 'Write the data that a config names in another data set’s layout.';
  static override examples = [
    '<%= config.bin %> data export --format folders --out data/scenes',
    '<%= config.bin %> data export --format cityscapes --out data/streets --splits train,val --set dataset.train=100',
  ];
  static override flags = {
    format: Flags.string({
      summary: 'The layout; "mtl plugins" lists the exporters.',
      helpValue: 'NAME',
      required: true,
    }),
    out: Flags.string({ summary: 'A new or empty folder.', helpValue: 'FOLDER', required: true }),
    splits: Flags.option({
      options: ['train', 'val', 'test'] as const,
      multiple: true,
      delimiter: ',',
      default: ['train', 'val'] as SplitName[],
    })({ summary: 'Which parts of the data.' }),
  };

  async run(): Promise<ExportJson> {
    const { flags } = await this.parse(Export);
    const { format, out: folder, splits } = flags;
    const loaded = await this.loadConfig(flags);
    const { exportData } = await import('../../../core/index.js');
    const line = progressLine(this.jsonEnabled() ? undefined : process.stdout);
    const dataset = await exportData(loaded, {
      format,
      splits,
      folder,
      onProgress: (done, of) => line.show(`Writing: ${done} of ${of}`),
    }).finally(() => line.clear());
    this.log(`A config reads it with:\n\n${stringify({ dataset }).trimEnd()}`);
    this.logEnding({
      outcome: `Wrote ${splits.join(' and ')} in the layout ${format}.`,
      written: { Data: folder },
    });
    return { dataset };
  }
}
