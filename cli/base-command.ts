import { Command, Flags, type Interfaces } from '@oclif/core';
import type { LoadedConfig } from '../core/index.js';

/** Exit codes: 0 done, 1 failed, 2 wrong usage or config, 130 interrupted. */
const exitCodes: Readonly<Record<string, number>> = {
  CONFIG_NOT_FOUND: 2,
  CONFIG_INVALID: 2,
  PLUGIN_INVALID: 2,
  PLUGIN_DUPLICATE: 2,
  PLUGIN_UNKNOWN: 2,
  INTERRUPTED: 130,
};

/** The flags that every command takes, and how it reports errors. */
export abstract class BaseCommand extends Command {
  static override baseFlags = {
    config: Flags.string({
      char: 'c',
      summary: 'A config file; by default mtl.config.yaml, .json, .js, .ts … here or above.',
      helpValue: 'FILE',
    }),
    preset: Flags.string({ summary: 'A preset to start from; "mtl plugins" lists them.', helpValue: 'NAME' }),
    set: Flags.string({
      summary: 'Override a key of the config.',
      helpValue: 'key.path=value',
      multiple: true,
      multipleNonGreedy: true,
      default: [],
    }),
    debug: Flags.boolean({ summary: 'Show the stack trace of an error.' }),
  };
  static override enableJsonFlag = true;

  /** The config that the flags name. */
  protected async loadConfig(flags: ConfigFlags): Promise<LoadedConfig> {
    const [{ loadConfig }, { builtin }] = await Promise.all([import('../core/index.js'), import('../plugins/index.js')]);
    return loadConfig({ plugins: [builtin], file: flags.config, preset: flags.preset, overrides: flags.set });
  }

  /** One line, so that the last line of the output is the whole result. */
  protected override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json)}\n`);
  }

  protected override toErrorJson(error: unknown): unknown {
    const { code = 'UNEXPECTED', message } = error as { code?: string; message: string };
    return { error: { code, message } };
  }

  protected override async catch(error: Interfaces.CommandError): Promise<void> {
    const code = (error as { code?: string }).code ?? '';
    if (error.name !== 'MtlError') return super.catch(error) as Promise<void>;
    process.exitCode = exitCodes[code] ?? 1;
    if (this.jsonEnabled()) this.logJson(this.toErrorJson(error));
    else process.stderr.write(`${this.argv.includes('--debug') ? error.stack : `Error: ${error.message}`}\n`);
    // An engine may hold threads; what is to be saved is saved.
    process.exit();
  }
}

export interface ConfigFlags {
  readonly config?: string | undefined;
  readonly preset?: string | undefined;
  readonly set: string[];
}
