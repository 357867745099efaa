import { Args } from '@oclif/core';
import { BaseCommand } from '../../base-command.js';
import { buildReporter } from '../../progress.js';

interface BuildJson {
  readonly engine: string;
  /** What was made; null where the engine needs no such thing. */
  readonly built: string | null;
}

export default class EngineBuild extends BaseCommand {
  static override summary = 'Build what an engine needs besides packages, such as a compiled addon.';
  static override description =
    'The engine’s options are those of the config, where it names this engine, and of --set. Ctrl-C stops the build and ' +
    'leaves what was there before.';
  static override examples = [
    '<%= config.bin %> engine build torch',
    '<%= config.bin %> engine build torch --set engine.libtorch=/opt/libtorch',
  ];
  static override args = {
    name: Args.string({ description: 'The engine; "mtl doctor" lists them.', required: true }),
  };

  async run(): Promise<BuildJson> {
    const { args, flags } = await this.parse(EngineBuild);
    if (flags.engine !== undefined && flags.engine !== args.name) {
      this.error(`--engine ${flags.engine} is another engine than ${args.name}; leave it out`, { exit: 2 });
    }
    const choice = await this.loadEngine({ ...flags, engine: args.name });
    const { buildEngine } = await import('../../../core/index.js');
    const report = buildReporter(this.jsonEnabled() ? undefined : process.stdout);
    const stop = new AbortController();
    const onSignal = (): void => {
      if (stop.signal.aborted) process.exit(130);
      stop.abort();
    };
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
    try {
      const built = await buildEngine(choice, report.show, stop.signal);
      report.end();
      if (built === undefined) this.log(`Engine ${args.name} needs nothing built.`);
      else this.logEnding({ outcome: built, next: [`${this.config.bin} doctor`] });
      return { engine: args.name, built: built ?? null };
    } finally {
      report.end();
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    }
  }
}
