import { bashCompletion } from './bash.js';
import type { CompletedCommand } from './commands.js';
import { fishCompletion } from './fish.js';
import { zshCompletion } from './zsh.js';

export { completedCommands, type CompletedCommand, type Names } from './commands.js';

type Script = (bin: string, commands: readonly CompletedCommand[]) => string;

/** What a shell loads, by the shell's name. */
export const completionScripts = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
} as const satisfies Readonly<Record<string, Script>>;
