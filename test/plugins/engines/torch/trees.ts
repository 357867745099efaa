import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A new folder, removed after the suite. */
export function workFolder(): { readonly path: string } {
  let path = '';
  before(() => {
    path = realpathSync(mkdtempSync(join(tmpdir(), 'torch-')));
  });
  after(() => rmSync(path, { recursive: true, force: true }));
  return {
    get path() {
      return path;
    },
  };
}

/** Writes files by their path in a folder. */
export function write(folder: string, files: Readonly<Record<string, string>>): string {
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return folder;
}

/** A program that a shell runs. */
export function writeProgram(file: string, ...lines: readonly string[]): string {
  write(dirname(file), { [file.slice(dirname(file).length + 1)]: ['#!/bin/sh', ...lines, ''].join('\n') });
  chmodSync(file, 0o755);
  return file;
}

/** The constructor of c10::Error, as libraries with either kind of strings name it. */
export const errorSymbols = {
  old: '_ZN3c105ErrorC2ENS_14SourceLocationESs',
  new: '_ZN3c105ErrorC2ENS_14SourceLocationENSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE',
} as const;

interface TreeOptions {
  readonly version?: string;
  readonly strings?: keyof typeof errorSymbols;
  readonly cuda?: boolean;
  readonly lib?: string;
}

/** A folder that looks like a libtorch. */
export function writeLibtorch(folder: string, options: TreeOptions = {}): string {
  const { version = '2.6.0', strings = 'new', cuda = false, lib = 'lib' } = options;
  const numbers = version.split('.').map((number, index) => {
    return `#define TORCH_VERSION_${['MAJOR', 'MINOR', 'PATCH'][index]} ${number}\n`;
  });
  return write(folder, {
    'include/ATen/ATen.h': '',
    'include/torch/csrc/api/include/torch/version.h': numbers.join('\n'),
    [`${lib}/libtorch_cpu.so`]: '',
    [`${lib}/libc10.so`]: `\0binary\xff\0${errorSymbols[strings]}\0`,
    ...(cuda ? { [`${lib}/libtorch_cuda.so`]: '', [`${lib}/libc10_cuda.so`]: '' } : {}),
  });
}

/** Runs something with other environment variables; undefined takes one away. */
export async function withEnvironment<T>(
  variables: Readonly<Record<string, string | undefined>>,
  action: () => Promise<T> | T,
): Promise<T> {
  const before = { ...process.env };
  const assign = (values: NodeJS.ProcessEnv): void => {
    for (const name of Object.keys(variables)) {
      if (values[name] === undefined) delete process.env[name];
      else process.env[name] = values[name];
    }
  };
  assign(variables);
  try {
    return await action();
  } finally {
    assign(before);
  }
}

/** Runs something as if on another system. */
export async function onPlatform<T>(platform: NodeJS.Platform, action: () => Promise<T> | T): Promise<T> {
  const own = Object.getOwnPropertyDescriptor(process, 'platform')!;
  Object.defineProperty(process, 'platform', { ...own, value: platform });
  try {
    return await action();
  } finally {
    Object.defineProperty(process, 'platform', own);
  }
}
