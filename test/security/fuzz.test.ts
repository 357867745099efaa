import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { targets } from './targets/index.js';

const program = fileURLToPath(new URL('fuzz-process.js', import.meta.url));

/** Other seeds try other files, a larger scale more of them. */
const seed = process.env.FUZZ_SEED ?? '1';
const scale = process.env.FUZZ_SCALE ?? '1';

interface Outcome {
  readonly code: number | null;
  readonly signal: string | null;
  readonly output: string;
}

function run(format: string, folder: string): Promise<Outcome> {
  const child = spawn(process.execPath, [program, format, folder, seed, scale], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // A hang is ended, and told as the signal that ended it.
    timeout: 170_000 * Math.max(Number(scale), 1),
    killSignal: 'SIGKILL',
  });
  let output = '';
  child.stdout.on('data', (part: Buffer) => (output += part.toString()));
  child.stderr.on('data', (part: Buffer) => (output += part.toString()));
  return new Promise((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, output: output.trim() })),
  );
}

describe(`damaged files (FUZZ_SEED=${seed}) end in an error that says so, or are read`, () => {
  for (const format of Object.keys(targets)) {
    it(format, async function () {
      this.timeout(180_000 * Math.max(Number(scale), 1));
      const folder = mkdtempSync(join(tmpdir(), `fuzz-${format}-`));
      const { code, signal, output } = await run(format, folder);
      if (code !== 0) {
        expect.fail(
          `${format}, FUZZ_SEED=${seed}: ended with ${signal ?? code}; the file read last is one of ` +
            `${readdirSync(folder).join(', ')} in ${folder}\n${output}`,
        );
      }
      rmSync(folder, { recursive: true });
      if (process.env.FUZZ_VERBOSE) console.log(output);
    });
  }
});
