import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../repository.js';

/** Tiny data sets and arrays, made by test/oracles/datasets.py. */
export const fixtures = join(repositoryRoot(), 'test', 'fixtures', 'datasets');

/** A JSON file among them; the caller says what is in it. */
export function fixtureJson(file: string): unknown {
  return JSON.parse(readFileSync(join(fixtures, file), 'utf8'));
}

/** What must be read from the samples of a fixture. */
export interface ExpectedSamples<Key extends string> {
  readonly height: number;
  readonly width: number;
  readonly samples: Readonly<Record<string, Readonly<Record<Key, number[]>>>>;
}

/** Files that are only beside the repository where it was made. */
export function sharedFile(...path: string[]): string {
  return join(repositoryRoot(), '..', 'shared', 'data', ...path);
}
