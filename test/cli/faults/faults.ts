/** What the tests of faults share: a small run, how it is struck from outside, and what must come of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { events, filesIn, mtl, start, tiny, type Ended } from '../mtl.js';

/** Transfer nets would only take time here. */
export const small = {
  ...tiny,
  consistency: null,
  train: { ...tiny.train, checkpointEvery: 1 },
};

/** A run whose process is struck at the first line of its output that fits. */
export function struckAt(
  args: readonly string[],
  cwd: string,
  line: RegExp,
  strike: (kill: (signal: NodeJS.Signals) => void) => void,
): Promise<Ended> {
  let struck = false;
  const running = start([...args, '--json'], cwd, (text) => {
    if (struck || !line.test(text)) return;
    struck = true;
    strike((signal) => running.child.kill(signal));
  });
  return running.ended;
}

/** Goes on with a run, which must then be the run that nothing happened to. */
export async function expectUndisturbed(cwd: string, run: string, whole: string): Promise<void> {
  const { code, stderr } = await mtl(['train', '--run', run, '--resume'], cwd);
  expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
  const [found, wanted] = [join(cwd, run), join(cwd, whole)];
  expect(events(found)).to.deep.equal(events(wanted));
  expect(readFileSync(join(found, 'metrics.json'), 'utf8')).to.equal(
    readFileSync(join(wanted, 'metrics.json'), 'utf8'),
  );
  expect(filesIn(found)).to.deep.equal(filesIn(wanted));
}

/** The one error that a run with --json ends with. */
export function errorOf({ stdout }: Ended): { readonly code: string; readonly message: string } {
  const last = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as {
    error: { code: string; message: string };
  };
  return last.error;
}
