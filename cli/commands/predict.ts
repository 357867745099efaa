import { Args, Flags } from '@oclif/core';
import type { PredictReport } from '../../core/index.js';
import { BaseCommand } from '../base-command.js';
import { progressLine } from '../progress.js';

export default class Predict extends BaseCommand {
  static override summary = 'Predict for pictures with a run’s model; its data set is not needed.';
  static override description =
    'Writes, for each picture, every task’s prediction as a colour picture and as raw numbers, a mosaic of all, and ' +
    'predictions.json, which says what the numbers mean. Ctrl-C leaves whole files and an index of them.';
  static override examples = [
    '<%= config.bin %> predict runs/first --images photos --out predictions',
    '<%= config.bin %> predict runs/first --images a.jpg b.png --out predictions --transfer',
    '<%= config.bin %> predict runs/first --images "frames/**/*.png" --out predictions --tile --write raw',
  ];
  static override args = { run: Args.string({ description: 'Folder of the run.', required: true }) };
  static override flags = {
    images: Flags.string({
      aliases: ['image'],
      summary: 'Files, folders (with all pictures below them) or globs.',
      helpValue: 'PATH…',
      multiple: true,
      required: true,
    }),
    out: Flags.string({ summary: 'Folder for the predictions.', helpValue: 'FOLDER', required: true }),
    write: Flags.option({
      options: ['color', 'raw', 'mosaic'] as const,
      multiple: true,
      delimiter: ',',
    })({ summary: 'What to write, by default all three; several separated by commas.' }),
    transfer: Flags.boolean({
      summary: 'Also what each task’s prediction says about the others, and their consistency energy.',
    }),
    size: Flags.option({ options: ['original', 'model'] as const, default: 'original' as const })({
      summary: 'Of the predictions: the pictures’ own, or the size that the model was trained at.',
    }),
    tile: Flags.boolean({
      summary: 'Predict large pictures in their own size, in overlapping tiles of the model’s, blended.',
    }),
    overlap: Flags.integer({
      summary: 'Percent of a tile that neighbours share at least.',
      min: 0,
      max: 50,
      default: 25,
    }),
    batch: Flags.integer({ summary: 'Pictures, or tiles of one, side by side.', min: 1, default: 8 }),
    checkpoint: Flags.option({ options: ['best', 'last'] as const, default: 'best' as const })({
      summary: 'Which of the run’s models.',
    }),
    'skip-bad': Flags.boolean({ summary: 'Leave out pictures that cannot be read, and count them.' }),
    force: Flags.boolean({ summary: 'Replace files that are there.' }),
  };

  async run(): Promise<PredictReport> {
    const { args, flags } = await this.parse(Predict);
    const { predict } = await import('../../core/index.js');
    const { images, out, transfer, size, checkpoint, force } = flags;
    const loaded = await this.loadRunConfig(args.run, flags);
    const line = progressLine(this.jsonEnabled() ? undefined : process.stdout);
    const stop = new AbortController();
    const onSignal = (): void => stopOnce(stop);
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
    const options = {
      folder: args.run,
      checkpoint,
      images,
      out,
      kinds: flags.write,
      transfer,
      size,
      overlap: flags.tile ? flags.overlap / 100 : undefined,
      batchSize: flags.batch,
      skipBad: flags['skip-bad'],
      force,
      signal: stop.signal,
    };
    const report = await predict(loaded, options, (done, of) =>
      line.show(`Predicting: ${done} of ${of}`),
    ).finally(() => {
      line.clear();
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    });
    this.log(summaryOf(report));
    return report;
  }
}

/** The first signal asks for a stop after the picture under way; a second one stops at once. */
function stopOnce(stop: AbortController): void {
  if (stop.signal.aborted) process.exit(130);
  stop.abort();
}

function summaryOf({ images, skipped, imagesPerSecond, folder }: PredictReport): string {
  const bad = skipped.map(({ reason }) => `  ${reason}`);
  return [
    `Predicted ${images} ${images === 1 ? 'picture' : 'pictures'}, ${imagesPerSecond.toFixed(1)} a second: ${folder}`,
    ...(bad.length > 0 ? [`Left out since they could not be read: ${bad.length}`, ...bad.slice(0, 10)] : []),
    ...(bad.length > 10 ? [`  … and ${bad.length - 10} more, in predictions.json`] : []),
  ].join('\n');
}
