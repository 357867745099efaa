import { spawn } from 'node:child_process';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a Node program to the end that it finds by itself. */
export function runProgram(args: readonly string[], env: NodeJS.ProcessEnv, cwd?: string): Promise<Ended> {
  return runCommand(process.execPath, args, env, cwd);
}

/** The same of any program. */
export function runCommand(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd?: string,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, cwd });
    const texts = [child.stdout, child.stderr].map((stream) => {
      const chunks: string[] = [];
      stream.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
      return chunks;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const [stdout = '', stderr = ''] = texts.map((chunks) => chunks.join(''));
      resolve({ code, signal, stdout, stderr });
    });
  });
}
