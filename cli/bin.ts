#!/usr/bin/env node
import { Config, execute } from '@oclif/core';

const { commandIDs } = await Config.load(import.meta.url);
const given = process.argv.slice(2);
const args = given[0] === 'help' ? [...given.slice(1), '--help'] : given;
const complaint = complain(args);
if (complaint === undefined) {
  await execute({ args, dir: import.meta.url });
} else {
  process.stderr.write(`Error: ${complaint}; see mtl --help\n`);
  process.exitCode = 2;
}

/** What is wrong with the words before the flags: a command, and nothing else. */
function complain([command, argument]: readonly string[]): string | undefined {
  if (command === undefined || command.startsWith('-')) return undefined;
  if (!commandIDs.includes(command)) {
    return `there is no command "${command}", the commands are ${commandIDs.toSorted().join(', ')}`;
  }
  if (argument === undefined || argument.startsWith('-')) return undefined;
  return `mtl ${command} takes flags alone, found "${argument}"`;
}
