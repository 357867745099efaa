import { spawn, type ChildProcess } from 'node:child_process';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Starts a program. */
export function startProgram(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd?: string,
): Started {
  const child = spawn(command, args, { env, cwd });
  const texts = [child.stdout, child.stderr].map((stream) => {
    const chunks: string[] = [];
    stream.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
    return chunks;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const [stdout = '', stderr = ''] = texts.map((chunks) => chunks.join(''));
      resolve({ code, signal, stdout, stderr });
    });
  });
  return { child, ended };
}

/** Runs a Node program to the end that it finds by itself. */
export function runProgram(args: readonly string[], env: NodeJS.ProcessEnv, cwd?: string): Promise<Ended> {
  return startProgram(process.execPath, args, env, cwd).ended;
}

/**
 * What a Node program prints last, an object on a line of its own.
 * @param name of what it does, for the error
 * @throws Error with all that it printed, where it failed
 */
export async function printedBy<T>(
  name: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd?: string,
): Promise<T> {
  const { code, signal, stdout, stderr } = await runProgram(args, env, cwd);
  if (code !== 0) throw new Error(`${name} ended with ${code ?? signal}:\n${stdout}${stderr}`);
  return JSON.parse(stdout.slice(stdout.lastIndexOf('\n{'))) as T;
}
