import { Args, Flags } from '@oclif/core';
import type { LoadedConfig, ReportOptions, WrittenReport } from '../../core/index.js';
import { BaseCommand } from '../base-command.js';
import { progressLine } from '../progress.js';

export default class Report extends BaseCommand {
  static override summary =
    'Write a run as one HTML page: curves, results, and pictures of what the model sees.';
  static override description =
    'The page needs no network and shows runs that go on, too. --serve shows it live until Ctrl-C, to this machine alone.';
  static override examples = [
    '<%= config.bin %> report runs/first',
    '<%= config.bin %> report runs/xtasc-net --baseline runs/st-net --out report.html',
    '<%= config.bin %> report runs/first --serve --port 6060',
  ];
  static override args = {
    run: Args.string({ description: 'Folder of the run.', required: true }),
  };
  static override flags = {
    out: Flags.string({
      summary: 'The file to write; by default report.html in the run’s folder.',
      helpValue: 'FILE',
    }),
    baseline: Flags.string({ summary: 'Folder of a run that Δm is taken against.', helpValue: 'FOLDER' }),
    comparison: Flags.string({
      summary: 'Folder of a comparison whose table is shown.',
      helpValue: 'FOLDER',
    }),
    samples: Flags.integer({ summary: 'How many samples to show pictures of.', min: 1, max: 64, default: 6 }),
    'no-panels': Flags.boolean({
      summary: 'Without pictures, e.g. where the data are gone.',
      exclusive: ['samples'],
    }),
    serve: Flags.boolean({ summary: 'Show the page live instead of writing it.', exclusive: ['out'] }),
    port: Flags.integer({
      summary: 'With --serve: the port; by default one that is free.',
      min: 0,
      max: 65535,
      dependsOn: ['serve'],
    }),
  };

  async run(): Promise<WrittenReport> {
    const { args, flags } = await this.parse(Report);
    const { run: folder } = args;
    const loaded = await this.loadRunConfig(folder, flags);
    const line = progressLine(this.jsonEnabled() ? undefined : process.stdout);
    const options: ReportOptions = {
      folder,
      baseline: flags.baseline,
      comparison: flags.comparison,
      samples: flags['no-panels'] ? 0 : flags.samples,
      onProgress: (done, of) => line.show(`Pictures of sample ${done} of ${of}`),
    };
    if (flags.serve) return this.serve(loaded, { ...options, port: flags.port, onProgress: undefined });
    const { writeReport } = await import('../../core/index.js');
    const written = await writeReport(loaded, { ...options, out: flags.out }).finally(() => line.clear());
    const { file, bytes, withoutPictures } = written;
    this.log(`Report: ${file} (${(bytes / 2 ** 20).toFixed(1)} MB)`);
    if (withoutPictures !== null) this.log(`Without pictures: ${withoutPictures}`);
    return written;
  }

  /** Until it is stopped. */
  private async serve(
    loaded: LoadedConfig,
    options: ReportOptions & { readonly port: number | undefined },
  ): Promise<never> {
    const { serveReport } = await import('../../core/index.js');
    const server = await serveReport(loaded, options);
    if (this.jsonEnabled()) this.logJson({ url: server.url });
    this.log(`Report: ${server.url} (Ctrl-C ends it)`);
    await new Promise<void>((stop, failed) => {
      process.once('SIGINT', stop).once('SIGTERM', stop);
      server.pictured.catch(failed);
    });
    await server.close();
    process.exit(0); // pictures may be in the making still
  }
}
