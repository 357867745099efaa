#!/usr/bin/env node
import { Config, execute } from '@oclif/core';
import { styleOf } from './style.js';

const { commands } = await Config.load(import.meta.url);
const given = process.argv.slice(2);
const args = given[0] === 'help' ? [...given.slice(1), '--help'] : given;
const complaint = complain(args);
if (complaint === undefined) {
  await execute({ args, dir: import.meta.url });
} else {
  process.stderr.write(`${styleOf(process.stderr).error('Error:')} ${complaint}; see mtl --help\n`);
  process.exitCode = 2;
}

/** What is wrong with the words before the flags: a command, what it takes, and nothing else. */
function complain(line: readonly string[]): string | undefined {
  const firstFlag = line.findIndex((word) => word.startsWith('-'));
  const words = firstFlag < 0 ? line : line.slice(0, firstFlag);
  const known = commands.map(({ id, args: takes }) => ({ name: id.split(':'), takes: Object.keys(takes) }));
  const topic = known.some(({ name }) => name.length > words.length && startsWith(name, words));
  if (words.length === 0 || topic) return undefined;
  const command = known.find(({ name }) => startsWith(words, name));
  if (!command) {
    const names = known.map(({ name }) => name.join(' ')).toSorted();
    return `there is no command "${words.join(' ')}", the commands are ${names.join(', ')}`;
  }
  const { name, takes } = command;
  const extra = words[name.length + takes.length];
  if (extra === undefined) return undefined;
  const taken = takes.length > 0 ? `takes one ${takes.join(', one ')} and flags` : 'takes flags alone';
  return `mtl ${name.join(' ')} ${taken}, found "${extra}"`;
}

function startsWith(words: readonly string[], others: readonly string[]): boolean {
  return others.every((word, index) => words[index] === word);
}
