import { inspect } from 'node:util';
import { Command, Errors, Flags, type Interfaces } from '@oclif/core';
import type { EngineChoice, LoadedConfig, LoadOptions } from '../core/index.js';
import { endingText, nextCommands, type Ending } from './ending.js';
import { columnsOf, styleOf, type Style } from './style.js';

/** Exit codes: 0 done, 1 failed, 2 wrong usage or config, 130 interrupted. */
const exitCodes: Readonly<Record<string, number>> = {
  CONFIG_NOT_FOUND: 2,
  CONFIG_INVALID: 2,
  PLUGIN_INVALID: 2,
  PLUGIN_DUPLICATE: 2,
  PLUGIN_UNKNOWN: 2,
  INTERRUPTED: 130,
};

const configFlags = {
  config: Flags.string({
    char: 'c',
    summary: 'A config file; by default mtl.config.yaml, .json, .js, .ts … here or above.',
    helpValue: 'FILE',
  }),
  preset: Flags.string({ summary: 'A preset to start from; "mtl plugins" lists them.', helpValue: 'NAME' }),
  engine: Flags.string({
    summary: 'What computes, instead of what the config says; "mtl doctor" lists the engines.',
    helpValue: 'NAME',
  }),
  set: Flags.string({
    summary: 'Override a key of the config; may be repeated.',
    helpValue: 'key.path=value',
    multiple: true,
    multipleNonGreedy: true,
  }),
};

export interface ConfigFlags {
  readonly config?: string | undefined;
  readonly preset?: string | undefined;
  readonly engine?: string | undefined;
  readonly set?: string[] | undefined;
}

/** What the flags lay over a config, as `key.path=value`. An engine's options that the config has stay with it. */
export function overridesOf({ engine, set = [] }: ConfigFlags): string[] {
  return engine === undefined ? set : [`engine=${JSON.stringify(engine)}`, ...set];
}

/** The flags that every command takes, and how it reports errors. */
export abstract class BaseCommand extends Command {
  static override baseFlags = {
    ...configFlags,
    debug: Flags.boolean({ summary: 'Show the stack trace of an error.' }),
  };
  static override enableJsonFlag = true;

  /** Of the terminal; undefined where there is none. */
  protected get columns(): number | undefined {
    return columnsOf(process.stdout);
  }

  protected get style(): Style {
    return styleOf(process.stdout);
  }

  /** Prints what came of a command that took a while. */
  protected logEnding(ending: Ending): void {
    this.log(`\n${endingText(ending, this.columns, this.style)}`);
  }

  /** What may be done with a run, of what this release can do. */
  protected nextCommands(ids: readonly string[], run: string): string[] {
    return nextCommands(this.config, ids, run);
  }

  /** The config that the flags name. */
  protected async loadConfig(flags: ConfigFlags): Promise<LoadedConfig> {
    const { loadConfig } = await import('../core/index.js');
    return loadConfig(await loadOptions(flags));
  }

  /** The config that the flags name, or else the one that a run was started with. */
  protected async loadRunConfig(run: string, flags: ConfigFlags): Promise<LoadedConfig> {
    if (flags.config !== undefined || flags.preset !== undefined) return this.loadConfig(flags);
    const { loadRunConfig } = await import('../core/index.js');
    const { plugins, overrides } = await loadOptions(flags);
    return loadRunConfig(run, plugins, overrides);
  }

  /** The engine, and all parts that a config could name, those of the config's plugins included; it takes no config to ask. */
  protected async loadEngine(flags: ConfigFlags): Promise<EngineChoice> {
    const { loadEngine } = await import('../core/index.js');
    return loadEngine(await loadOptions(flags));
  }

  /** One line, so that the last line of the output is the whole result. */
  protected override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json)}\n`);
  }

  protected override toErrorJson(error: unknown): unknown {
    const { code, message } = error as { code?: string; message: string };
    return { error: { code: code ?? (error instanceof Errors.CLIError ? 'USAGE' : 'UNEXPECTED'), message } };
  }

  protected override async catch(error: Interfaces.CommandError): Promise<void> {
    // Wrong usage is told by oclif, with the flags that there are.
    if (error instanceof Errors.CLIError && !this.jsonEnabled()) return super.catch(error) as Promise<void>;
    if (this.jsonEnabled()) this.logJson(this.toErrorJson(error));
    else process.stderr.write(`${this.argv.includes('--debug') ? inspect(error) : this.explain(error)}\n`);
    await printed();
    // An engine may hold threads; what is to be saved is saved.
    process.exit(exitCode(error));
  }

  private explain(error: Interfaces.CommandError): string {
    const message = error.message || error.name;
    if (exitCode(error) === 130) return message; // as it was asked to
    return `${styleOf(process.stderr).error('Error:')} ${message}${error.name === 'MtlError' ? '' : '\nThis was not foreseen; --debug shows where it comes from.'}`;
  }
}

async function loadOptions(flags: ConfigFlags): Promise<LoadOptions & { overrides: string[] }> {
  const { builtin } = await import('../plugins/index.js');
  const { config: file, preset } = flags;
  return { plugins: [builtin], file, preset, overrides: overridesOf(flags) };
}

function exitCode(error: Interfaces.CommandError): number {
  return (
    exitCodes[(error as { code?: string }).code ?? ''] ??
    (error as { oclif?: { exit?: number } }).oclif?.exit ??
    1
  );
}

/** Waits until what was written to a pipe is out. */
async function printed(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise<void>((resolve) => {
      stream.write('', () => resolve());
    });
  }
}
