import { spawn, type ChildProcess } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Errors } from '@oclif/core';
import { expect } from 'chai';
import type { TrainingEvent } from '../../core/index.js';
import { plainEnvironment } from '../plain-environment.js';

const bin = fileURLToPath(new URL('../../cli/bin.js', import.meta.url));

/** How a command ended. */
export interface Ended {
  /** Exit code, or the signal that killed it. */
  readonly code: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs `mtl` to its end.
 * @param env added to its environment
 * @param nodeFlags of Node itself
 */
export function mtl(
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
  nodeFlags: readonly string[] = [],
): Promise<Ended> {
  return start(args, cwd, undefined, { env, nodeFlags }).ended;
}

/** A command that is under way. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** @param onLine told each whole line of the standard output as it comes */
export function start(
  args: readonly string[],
  cwd: string,
  onLine?: (line: string) => void,
  { env = {}, nodeFlags = [] }: { env?: NodeJS.ProcessEnv; nodeFlags?: readonly string[] } = {},
): Running {
  const child = spawn(process.execPath, [...nodeFlags, bin, ...args], {
    cwd,
    env: { ...plainEnvironment, ...env },
  });
  const [out, errors] = [collect(child.stdout, onLine), collect(child.stderr)];
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve({ code: code ?? signal ?? 'SIGKILL', stdout: out(), stderr: errors() });
    });
  });
  return { child, ended };
}

function collect(stream: NodeJS.ReadableStream, onLine?: (line: string) => void): () => string {
  let text = '';
  let told = 0;
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    for (let end = text.indexOf('\n', told); end >= 0; end = text.indexOf('\n', told)) {
      onLine?.(text.slice(told, end));
      told = end + 1;
    }
  });
  return () => text;
}

/** What `process.exit` throws in a command that runs in the tests' own process. */
class Exit extends Error {
  constructor(readonly exitCode: number) {
    super();
  }
}

/**
 * Runs a command in this process, which saves loading the engine each time: a command ends by throwing, and what
 * it prints is kept.
 */
export async function mtlHere([name, ...args]: readonly string[], cwd: string): Promise<Ended> {
  const { default: command } = (await import(
    new URL(`../../cli/commands/${name}.js`, import.meta.url).href
  )) as {
    default: { run(args: string[], root: string): Promise<unknown> };
  };
  const [stdout, stderr] = [capture(process.stdout), capture(process.stderr)];
  const restoreExit = replace(process, 'exit', (exitCode) => {
    throw new Exit(Number(exitCode ?? 0));
  });
  const home = process.cwd();
  const { exitCode: before } = process;
  // No colours, whatever the tests themselves were asked for.
  const environment = replace(process, 'env', plainEnvironment);
  process.chdir(cwd);
  let code = 0;
  try {
    await command.run([...args], bin);
  } catch (error) {
    if (error instanceof Exit) code = error.exitCode;
    else if (error instanceof Errors.CLIError) {
      code = error.oclif.exit ?? 1;
      process.stderr.write(`Error: ${error.message}\n`);
    } else throw error;
  } finally {
    process.chdir(home);
    process.exitCode = before;
    for (const restore of [restoreExit, stdout.restore, stderr.restore, environment]) restore();
  }
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

function capture(stream: NodeJS.WriteStream): { readonly text: () => string; readonly restore: () => void } {
  let text = '';
  const restore = replace(stream, 'write', (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    text += String(chunk);
    const done = rest.at(-1) as (() => void) | undefined;
    if (done) setImmediate(done);
    return true;
  });
  return { text: () => text, restore };
}

/** @returns a function that puts back what was there */
function replace<T extends object, K extends keyof T>(object: T, key: K, value: T[K]): () => void {
  const kept = object[key];
  object[key] = value;
  return () => {
    object[key] = kept;
  };
}

/** A new folder, removed after the suite. */
export function workFolder(): { readonly path: string } {
  let path = '';
  before(() => {
    path = mkdtempSync(join(tmpdir(), 'mtl-'));
  });
  after(() => rmSync(path, { recursive: true, force: true }));
  return {
    get path() {
      return path;
    },
  };
}

/** The first run in a process decides on its threads, and several cost more than they save on what is tiny. */
export const oneThread = ['--set', 'engine={"name":"wasm","threads":1}'];

/** A network and a data set so small that a training takes a second or two. */
export const tiny = {
  extends: 'xtasc-net',
  engine: { name: 'wasm', threads: 1 },
  dataset: { name: 'scenes', size: [32, 64], train: 8, val: 4, test: 4, labels: ['segmentation', 'depth'] },
  backbone: { name: 'resnet18', width: 4 },
  architecture: { name: 'shared', decoderChannels: 4 },
  consistency: { transferNet: { name: 'ttnet', channels: 4 } },
  train: { epochs: 2, batchSize: 4, optimizer: { name: 'adam', lr: 0.001 } },
};

/** Writes a file, and the folders above it. */
export function write(folder: string, name: string, content: string | Uint8Array): string {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

export function writeConfig(folder: string, config: object = tiny, name = 'mtl.config.json'): string {
  return write(folder, name, JSON.stringify(config));
}

/** Works on all items, at most two at once. */
export async function twoAtOnce<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++)
      results[index] = await work(items[index]!, index);
  };
  await Promise.all([worker(), worker()]);
  return results;
}

/** What a run has written down, without what depends on the clock or on where it was interrupted. */
export function events(run: string): readonly object[] {
  return parseEvents(readFileSync(join(run, 'events.jsonl'), 'utf8'));
}

export function parseEvents(lines: string): readonly object[] {
  return lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as TrainingEvent)
    .filter(({ type }) => type !== 'start' && type !== 'checkpoint' && type !== 'validating')
    .map((event) => ({ ...event, imagesPerSecond: undefined, waiting: undefined }));
}

/** One message, whole, with neither a stack trace nor a value that nobody should see. */
export function expectOneError(stderr: string, folder: string, says: RegExp): void {
  const text = stderr.replaceAll(folder, 'FOLDER');
  expect(text)
    .to.match(says)
    .and.match(/^Error: [^]*\S\n$/);
  expect(text.match(/Error: /g)).to.have.length(1);
  expect(text).to.not.match(/^ +at |undefined|\[object |not foreseen/m);
}

/** All files below a folder, by their paths from it; none where there is no such folder. */
export function filesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}
