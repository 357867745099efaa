import { execFile, type ExecFileException } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { plainEnvironment } from '../plain-environment.js';
import { environments, type Environment, type EnvironmentName } from './environments.js';

const program = fileURLToPath(new URL('specs-process.js', import.meta.url));
/** Milliseconds that a hanging kernel has. */
const longest = 5 * 60_000;

/** A spec that failed, or a suite whose setting up or taking down did. */
export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

/** What the process that runs the specs writes, as JSON. */
export type ReportLine =
  | { readonly type: 'started' | 'passed' | 'pending'; readonly name: string }
  | ({ readonly type: 'failed' | 'suite' } & Failure)
  | { readonly type: 'end' }
  /** Instead of all others: what the engine's check says. */
  | { readonly type: 'unusable'; readonly reason: string };

export interface Report {
  /** The specs' full names in the order in which they ran; a name's second spec has ` #2` behind it. */
  readonly specs: readonly string[];
  readonly failed: readonly Failure[];
  /** How many specs tfjs-core itself leaves out. */
  readonly pending: number;
  readonly suites: readonly Failure[];
  /** What the process printed. */
  readonly output: string;
}

/** The engine cannot run here. */
export interface Unusable {
  readonly unusable: string;
}

/**
 * Runs tfjs-core's specs on a backend, in a process of their own.
 * @param bundle path that `bundleSpecs` gave
 * @param only the specs whose full names contain one of these, in upper or lower case; all without any
 * @throws Error if the process ends before the last spec: says in which one, and what it printed
 */
export async function runSpecs(
  bundle: string,
  name: EnvironmentName,
  only: readonly string[] = [],
): Promise<Report | Unusable> {
  const file = join(dirname(bundle), `${name}.jsonl`);
  writeFileSync(file, '');
  const { error, output } = await runProcess(
    [program, bundle, name, file, ...only],
    environments[name].variables,
  );
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ReportLine);
  if (lines[0]?.type === 'unusable') return { unusable: lines[0].reason };
  if (lines.at(-1)?.type !== 'end') throw new Error(describeEnd(name, lines.at(-1), error, output));
  const of = <T extends ReportLine['type']>(...types: T[]): Extract<ReportLine, { type: T }>[] =>
    lines.filter((line): line is Extract<ReportLine, { type: T }> =>
      types.some((type) => type === line.type),
    );
  return {
    specs: of('passed', 'failed', 'pending').map(({ name }) => name),
    failed: of('failed'),
    pending: of('pending').length,
    suites: of('suite'),
    output,
  };
}

interface Ended {
  readonly error: ExecFileException | null;
  readonly output: string;
}

function runProcess(args: readonly string[], variables: Environment['variables']): Promise<Ended> {
  const options = {
    env: { ...plainEnvironment, ...variables },
    maxBuffer: 2 ** 26,
    timeout: longest,
    killSignal: 'SIGKILL',
  } as const;
  return new Promise((resolve) => {
    execFile(process.execPath, args, options, (error, stdout, stderr) =>
      resolve({ error, output: stdout + stderr }),
    );
  });
}

function describeEnd(
  name: string,
  last: ReportLine | undefined,
  error: ExecFileException | null,
  output: string,
): string {
  const how = error?.signal ?? `exit code ${error?.code ?? 0}`;
  const where =
    last && 'name' in last
      ? `${last.type === 'started' ? 'in' : 'after'} "${last.name}"`
      : 'before the first spec';
  return `the specs' process on ${name} ended ${where} with ${how}; it printed:\n${output.slice(-4000)}`;
}
