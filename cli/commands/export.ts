import { Flags } from '@oclif/core';
import type { ExportedModel } from '../../core/index.js';
import { BaseCommand } from '../base-command.js';

export default class Export extends BaseCommand {
  static override summary = 'Write a run’s model for other programs: TensorFlow.js in a browser, or PyTorch.';
  static override description =
    'tfjs is a folder with model.json and weights.bin, which tf.loadGraphModel loads; what it gives is compared with the ' +
    'run’s model before it is written. safetensors is one file with PyTorch’s names and layouts, from which a training can start by --set init=FILE.';
  static override examples = [
    '<%= config.bin %> export --run runs/first --format tfjs --out public/model',
    '<%= config.bin %> export --run runs/first --format tfjs --quantize float16',
    '<%= config.bin %> export --run runs/first --format safetensors --out model.safetensors',
    '<%= config.bin %> export --run runs/first --format safetensors --part encoder --out encoder.safetensors',
  ];
  static override flags = {
    run: Flags.string({ summary: 'Folder of the run.', helpValue: 'FOLDER', required: true }),
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
    const { flags } = await this.parse(Export);
    const { run: folder, format, out, checkpoint, transfer, quantize, part } = flags;
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
    this.log(describe(exported));
    return exported;
  }
}

function describe({ files, outputs, difference }: ExportedModel): string {
  const lines = files.map(({ file, bytes }) => `Wrote ${file} (${(bytes / 2 ** 20).toFixed(1)} MiB)`);
  if (outputs) lines.push(`Outputs: ${outputs.join(', ')}`);
  if (difference !== undefined) {
    lines.push(
      `Compared with the run’s model: at most ${difference.toExponential(1)} of the largest value off`,
    );
  }
  return lines.join('\n');
}
