import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { Flags } from '@oclif/core';
import type { LoadedConfig, RunResult, TrainingEvent } from '../../core/index.js';
import { endWithStarter, runLocalRanks } from '../local-ranks.js';
import { BaseCommand } from '../base-command.js';
import { duration, reporter, silence } from '../progress.js';
import { stopOnSignal } from '../stop.js';
import { resultTable } from '../tables.js';
import { surviveHangup } from '../terminal.js';

const runsFolder = 'runs';

export default class Train extends BaseCommand {
  static override summary = 'Train the model that a config describes.';
  static override description =
    'Writes config, events, checkpoints and metrics into a run folder. Ctrl-C finishes the step under way, saves and stops, as SIGTERM does; ' +
    '--resume goes on from there, and after a crash from the last checkpoint.';
  static override examples = [
    '<%= config.bin %> train',
    '<%= config.bin %> train --config examples/quickstart.config.yaml',
    '<%= config.bin %> train --preset xtasc-net --set train.epochs=3 --set backbone=resnet18',
    '<%= config.bin %> train --tensorboard',
    '<%= config.bin %> train --engine torch --nproc 4',
    '<%= config.bin %> train --run runs/first --resume',
    '<%= config.bin %> train --run runs/first --resume --from step-000100',
  ];
  static override flags = {
    run: Flags.string({
      summary: `Folder of the run; by default a new one in ${runsFolder}/, or with --resume the newest there.`,
      helpValue: 'FOLDER',
    }),
    resume: Flags.boolean({
      summary:
        'Go on with the run in the folder, with its own config where none is named; what changes no number may differ, such as train.epochs.',
    }),
    from: Flags.string({
      summary:
        'With --resume: the checkpoint to go on from, previous or step-NUMBER; by default the last one.',
      helpValue: 'NAME',
      dependsOn: ['resume'],
    }),
    nproc: Flags.integer({
      summary:
        'Train with so many processes on this host, which share each batch. Launchers such as torchrun and srun start them themselves.',
      helpValue: 'N',
      min: 1,
    }),
    tensorboard: Flags.boolean({
      summary:
        'Write event files for TensorBoard, too, into the run’s folder tensorboard/ (log.tensorboard).',
    }),
  };

  async run(): Promise<RunResult> {
    const { flags: given } = await this.parse(Train);
    const { nproc = 1 } = given;
    if (nproc > 1) {
      const goOn = 'go on from the last checkpoint with --resume';
      await runLocalRanks(['train', ...this.argv], { count: nproc, group: nproc, goOn });
    }
    endWithStarter();
    const flags = given.tensorboard
      ? { ...given, set: [...(given.set ?? []), 'log.tensorboard=true'] }
      : given;
    const { train, worldFromEnvironment } = await import('../../core/index.js');
    const launch = worldFromEnvironment();
    const isLed = launch !== undefined && launch.rank > 0;
    const begun = flags.resume ? (flags.run ?? (await newestRun())) : undefined;
    const loaded =
      begun === undefined ? await this.loadConfig(flags) : await this.loadRunConfig(begun, flags);
    const folder = begun ?? flags.run ?? newRun(loaded, flags.preset);
    const report = isLed
      ? silence
      : this.jsonEnabled()
        ? { event: (event: TrainingEvent) => this.logJson(event), end: () => undefined }
        : reporter(process.stdout, folder);
    const began = performance.now();
    const stop = stopOnSignal(report.end);
    const alone = surviveHangup();
    try {
      const result = await train(loaded, {
        folder,
        resume: flags.resume,
        from: flags.from,
        signal: stop.signal,
        onEvent: report.event,
        launch,
      });
      report.end();
      // Rank 0 tells it.
      if (isLed) process.exit(0);
      this.log(`\n${resultTable(result, this.columns, this.style)}`);
      this.logEnding({
        outcome:
          `Trained in ${duration((performance.now() - began) / 1000)}; these are the best model’s metrics on the validation split.` +
          leftOut(result),
        written: {
          Run: folder,
          ...(loaded.config.log.tensorboard ? { TensorBoard: join(folder, 'tensorboard') } : {}),
        },
        next: this.nextCommands(['report', 'evaluate', 'predict', 'export'], folder),
      });
      return result;
    } finally {
      report.end();
      stop.release();
      alone();
    }
  }
}

function leftOut({ badSamples }: RunResult): string {
  const counts = Object.entries(badSamples).filter(([, count]) => count > 0);
  if (counts.length === 0) return '';
  return ` Left out since they could not be read: ${counts.map(([split, count]) => `${count} of ${split}`).join(', ')}.`;
}

/** E.g. `runs/xtasc-net-2026-03-01T09-30-00`. */
function newRun({ file }: LoadedConfig, preset: string | undefined): string {
  // A preset may be named by a path, too; the run's folder lies in `runs` all the same.
  const name = preset ? basename(preset) : basename(file ?? 'run').replace(/^\.?|\..*$/g, '');
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  return join(runsFolder, `${name}-${time}`);
}

async function newestRun(): Promise<string> {
  const runs = existsSync(runsFolder) ? readdirSync(runsFolder).map((name) => join(runsFolder, name)) : [];
  const started = runs.filter((run) => existsSync(join(run, 'config.json')));
  const age = (run: string): number => statSync(join(run, 'config.json')).mtimeMs;
  const [newest] = started.sort((left, right) => age(right) - age(left));
  if (newest !== undefined) return newest;
  const { badValue } = await import('../../core/index.js');
  throw badValue('RUN_INVALID', {
    what: '--resume',
    expected: `a run in ${resolve(runsFolder)}`,
    found: 'none',
    fix: 'name the run’s folder with --run',
  });
}
