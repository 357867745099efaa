import { basename } from 'node:path';
import { Args, Flags } from '@oclif/core';
import type { ExportedModel } from '../../core/index.js';
import { BaseCommand } from '../base-command.js';
import type { Ending } from '../ending.js';

export default class Export extends BaseCommand {
  static override summary = 'Write a run’s model for other programs: TensorFlow.js in a browser, or PyTorch.';
  static override description =
    'tfjs is a folder with model.json and weights.bin, which tf.loadGraphModel loads; what it gives is compared with the ' +
    'run’s model before it is written. safetensors is one file with PyTorch’s names and layouts, from which a training can start by --set init=FILE.';
  static override examples = [
    '<%= config.bin %> export runs/first --format tfjs --out public/model',
    '<%= config.bin %> export runs/first --format tfjs --quantize float16',
    '<%= config.bin %> export runs/first --format safetensors --out model.safetensors',
    '<%= config.bin %> export runs/first --format safetensors --part encoder --out encoder.safetensors',
  ];
  static override args = { run: Args.string({ description: 'Folder of the run.', required: true }) };
  static override flags = {
    format: Flags.option({ options: ['tfjs', 'safetensors'] as const, required: true })({
      summary: 'What to write.',
    }),
    out: Flags.string({
      summary: 'A new or empty folder for tfjs, a new file for safetensors; by default in the run’s folder.',
      helpValue: 'PATH',
    }),
    checkpoint: Flags.option({ options: ['best', 'last'] as const, default: 'best' as const })({
      summary: 'Which of the run’s models.',
    }),
    transfer: Flags.boolean({ summary: 'With tfjs: the transfer nets, too, and what they predict.' }),
    quantize: Flags.option({ options: ['float16'] as const })({
      summary: 'With tfjs: kernels at half precision, which halves the file.',
    }),
    part: Flags.string({
      summary: 'With safetensors: one part of the model alone, e.g. encoder.',
      helpValue: 'NAME',
    }),
  };

  async run(): Promise<ExportedModel> {
    const { args, flags } = await this.parse(Export);
    const { run: folder } = args;
    const { format, out, checkpoint, transfer, quantize, part } = flags;
    const loaded = await this.loadRunConfig(folder, flags);
    const { exportModel } = await import('../../core/index.js');
    const exported = await exportModel(loaded, {
      folder,
      format,
      out,
      checkpoint,
      transfer,
      quantize,
      part,
    });
    this.logEnding(endingOf(exported));
    return exported;
  }
}

function endingOf({ format, files, outputs = [], difference }: ExportedModel): Ending {
  const closeness =
    difference === undefined
      ? ''
      : ` Its outputs ${outputs.join(', ')} are the run’s, to ${difference.toExponential(1)} of the largest value.`;
  const written = Object.fromEntries(
    files.map(({ file, bytes }) => [`${basename(file)}, ${(bytes / 2 ** 20).toFixed(1)} MiB`, file]),
  );
  return { outcome: `Exported as ${format}.${closeness}`, written };
}
