import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import type { LoadedConfig } from '../config/index.js';
import { badValue, messageOf, MtlError, show } from '../errors.js';
import { giveSecondName } from '../io/second-name.js';
import { readCheckpoint, restoreCheckpoint } from '../training/checkpoint.js';
import type { Trainer } from '../training/trainer.js';
import { changes } from './changes.js';
import { lastEngine } from './environment.js';
import type { RunFolder } from './folder.js';
import { openSession, type Session } from './session.js';

/**
 * The file that a run goes on from.
 * @param from `last`, `previous` or `step-NUMBER`; by default the last one
 * @returns undefined where the run has none yet and starts again
 * @throws MtlError `RUN_INVALID` where there is no such checkpoint
 */
export function checkpointToResume(folder: RunFolder, from: string | undefined): string | undefined {
  const known = folder.checkpoints();
  if (from === undefined && known.length === 0) return undefined;
  const name = canonical(from ?? 'last');
  const file = folder.checkpoint(name);
  if (known.includes(name)) return file;
  if (from === undefined) {
    throw new MtlError('CHECKPOINT_INVALID', `--resume: there is no file ${file}; ${wayOut(folder, name)}`);
  }
  throw badValue('RUN_INVALID', {
    what: '--from',
    expected:
      known.length > 0 ? `one of ${known.join(', ')}` : `a checkpoint, and ${folder.path} has none yet`,
    found: show(from),
    ...(name === 'best' ? { fix: 'best is the model alone, nothing can go on from it' } : {}),
  });
}

/** `100`, `step-100` and `step-000100` are one. */
function canonical(name: string): string {
  const step = /^(?:step-)?(\d+)$/.exec(basename(name, '.safetensors'))?.[1];
  return step === undefined ? name : `step-${String(Number(step)).padStart(6, '0')}`;
}

/** A session to go on in: on the engine that the run was on, whatever `auto` would take by now. */
export async function reopenSession(
  folder: RunFolder,
  loaded: LoadedConfig,
  how: { readonly initialize: boolean },
): Promise<Session> {
  const { config } = loaded;
  const before = lastEngine(folder.readEnvironment())?.engine;
  const engine = config.engine === 'auto' && before !== undefined ? before : config.engine;
  try {
    return await openSession({ ...loaded, config: { ...config, engine } }, how);
  } catch (error) {
    if (!(error instanceof MtlError) || error.code !== 'ENGINE_UNUSABLE') throw error;
    throw new MtlError(
      error.code,
      `--resume: the run was on an engine that cannot be used any more: ${error.message}; or go on with another one ` +
        'by --engine, whose numbers agree within tolerance',
      { cause: error },
    );
  }
}

/**
 * Gives a trainer the state that it goes on from, and makes the folder as it was then.
 * @param file as `checkpointToResume` found it
 * @throws MtlError `CHECKPOINT_INVALID`; the folder is as it was then
 */
export function resume(folder: RunFolder, trainer: Trainer, file: string | undefined): void {
  if (file !== undefined) {
    try {
      restoreCheckpoint(readCheckpoint(file), trainer.parts);
    } catch (error) {
      if (!(error instanceof MtlError)) throw error;
      const fix = wayOut(folder, basename(file, '.safetensors'));
      throw new MtlError(error.code, `--resume: ${messageOf(error)}; ${fix}`, { cause: error });
    }
    // What was the last one is of work that is done again, or damaged.
    if (file !== folder.last) giveSecondName(file, folder.last);
  }
  folder.rewind(trainer.progress);
}

/** What to do where a checkpoint cannot be used. */
function wayOut(folder: RunFolder, refused: string): string {
  let newest: { readonly name: string; readonly step: number } | undefined;
  for (const name of folder.checkpoints()) {
    if (name === refused) continue;
    const step = stepOf(folder.checkpoint(name));
    if (step !== undefined && (newest === undefined || step > newest.step)) newest = { name, step };
  }
  return newest
    ? `go on after step ${newest.step} with: mtl train --resume --run ${folder.path} --from ${newest.name}`
    : 'put a copy of the file back, or train anew in another folder with --run';
}

/** Undefined where the checkpoint is no good either. */
function stepOf(file: string): number | undefined {
  try {
    const step = existsSync(file) ? readCheckpoint(file).progress?.values.step : undefined;
    return typeof step === 'number' ? step : undefined;
  } catch {
    return undefined;
  }
}

/** Another config would make the saved state mean something else; what changes no number may differ. */
export function assertSameConfig(folder: RunFolder, { config }: LoadedConfig): void {
  const changed = changes(comparable(folder.readConfig().config), comparable(config));
  if (changed.length === 0) return;
  throw new MtlError(
    'RUN_INVALID',
    `--resume: the config differs from the one that ${folder.path} was started with: ${changed.join(', ')}; ` +
      'undo the change, or start a new run in another folder with --run',
  );
}

/**
 * A config without what changes no number; the engine changes them only within tolerance, which is said where it
 * differs. `train.diagnostics` stays: with another pass over the tape, gradients are added up in another order.
 */
export function comparable({
  train,
  loader,
  distributed,
  ...config
}: LoadedConfig['config']): Readonly<Record<string, unknown>> {
  // A run that goes back goes back to its last checkpoint.
  const checkpointEvery = train.nonFinite === 'rollback' ? train.checkpointEvery : 0;
  const harmless = { epochs: 0, checkpointEvery, keepEvery: 0 };
  const loading = { workers: 0, prefetch: 0, memory: 0, cache: null };
  return JSON.parse(
    JSON.stringify({
      ...config,
      engine: 'auto',
      log: {},
      $schema: '',
      train: { ...train, ...harmless },
      loader: { ...loader, ...loading },
      distributed: { ...distributed, timeout: 0, startTimeout: 0 },
    }),
  ) as Readonly<Record<string, unknown>>;
}
