import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Flags } from '@oclif/core';
import type { LoadedConfig, RunResult, TrainingEvent } from '../../core/index.js';
import { BaseCommand } from '../base-command.js';
import { reporter } from '../progress.js';
import { resultTable } from '../tables.js';

const runsFolder = 'runs';

export default class Train extends BaseCommand {
  static override summary = 'Train the model that a config describes.';
  static override description =
    'Writes config, events, checkpoints and metrics into a run folder. Ctrl-C finishes the step under way, saves and stops; ' +
    '--resume goes on from there, and after a crash from the last checkpoint.';
  static override examples = [
    '<%= config.bin %> train',
    '<%= config.bin %> train --config examples/quickstart.config.yaml',
    '<%= config.bin %> train --preset xtasc-net --set train.epochs=3 --set backbone=resnet18',
    '<%= config.bin %> train --run runs/first --resume',
  ];
  static override flags = {
    run: Flags.string({
      summary: `Folder of the run; by default a new one in ${runsFolder}/, or with --resume the newest there.`,
      helpValue: 'FOLDER',
    }),
    resume: Flags.boolean({ summary: 'Go on with the run in the folder.' }),
  };

  async run(): Promise<RunResult> {
    const { flags } = await this.parse(Train);
    const loaded = await this.loadConfig(flags);
    const folder = flags.run ?? (flags.resume ? newestRun() : newRun(loaded, flags.preset));
    const { train } = await import('../../core/index.js');
    const stop = new AbortController();
    const onSignal = (): void => stopOnce(stop);
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
    const report = this.jsonEnabled()
      ? { event: (event: TrainingEvent) => this.logJson(event), end: () => undefined }
      : reporter(process.stdout, folder);
    try {
      const result = await train(loaded, { folder, resume: flags.resume, signal: stop.signal, onEvent: report.event });
      report.end();
      this.log(`\n${resultTable(result)}\n\nBest model, on the validation split. Run: ${folder}`);
      return result;
    } finally {
      report.end();
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    }
  }
}

/** The first signal asks for a stop at the end of the step; a second one stops at once. */
function stopOnce(stop: AbortController): void {
  if (stop.signal.aborted) process.exit(130);
  process.stderr.write('\nFinishing the step and saving … (again to stop at once)\n');
  stop.abort();
}

/** E.g. `runs/xtasc-net-2026-03-01T09-30-00`. */
function newRun({ file }: LoadedConfig, preset: string | undefined): string {
  const name = preset ?? basename(file ?? 'run').replace(/^\.?|\..*$/g, '');
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  return join(runsFolder, `${name}-${time}`);
}

function newestRun(): string {
  const runs = existsSync(runsFolder) ? readdirSync(runsFolder).map((name) => join(runsFolder, name)) : [];
  const started = runs.filter((run) => existsSync(join(run, 'config.json')));
  const age = (run: string): number => statSync(join(run, 'config.json')).mtimeMs;
  return started.sort((left, right) => age(right) - age(left))[0] ?? join(runsFolder, 'run');
}
