import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../repository.js';

/** A fenced block of a page. */
export interface Block {
  readonly page: string;
  /** Of its first line in the page, from 1. */
  readonly line: number;
  /** As the fence says, e.g. `yaml`; empty where it says nothing. */
  readonly language: string;
  readonly code: string;
  /** Where the first line is a comment that names a file: what the block is to be written to. */
  readonly file: string | undefined;
}

/** All pages of the docs. */
export function pages(): readonly string[] {
  const pagesIn = (folder: string): readonly string[] =>
    readdirSync(join(repositoryRoot(), folder))
      .filter((name) => name.endsWith('.md'))
      .toSorted()
      .map((name) => `${folder}/${name}`);
  return ['README.md', ...pagesIn('docs'), ...pagesIn('docs/results')];
}

export function blocksOf(page: string): readonly Block[] {
  const text = readFileSync(join(repositoryRoot(), page), 'utf8');
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(({ index, 1: language, 2: code }) => ({
    page,
    line: text.slice(0, index).split('\n').length + 1,
    language: language!,
    code: code!,
    file: /^(?:#|\/\/) (\S+\.\w+)\n/.exec(code!)?.[1],
  }));
}
