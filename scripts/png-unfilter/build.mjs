// Compiles unfilter.ts by AssemblyScript, which npx fetches, into the module that the PNG decoder carries with it. To be
// run by hand where unfilter.ts was changed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'unfilter-'));
const [source, compiled] = [join(import.meta.dirname, 'unfilter.ts'), join(folder, 'unfilter.wasm')];
const compiler = ['--yes', '--package', 'assemblyscript@0.28.20', 'asc'];
const options = ['--enable', 'simd', '-O3', '--noAssert', '--runtime', 'stub', '--initialMemory', '16'];
const { status } = spawnSync('npx', [...compiler, source, '-o', compiled, ...options], {
  stdio: 'inherit',
  shell: process.platform === 'win32',
});
if (status === 0) {
  const lines = readFileSync(compiled)
    .toString('base64')
    .match(/.{1,104}/g);
  writeFileSync(
    join(import.meta.dirname, '../../plugins/datasets/common/png/unfilter-module.ts'),
    [
      '/** Compiled from scripts/png-unfilter/unfilter.ts by the script beside it; base64. */',
      'export const unfilterModule =',
      `${lines.map((line) => `  '${line}'`).join(' +\n')};`,
      '',
    ].join('\n'),
  );
}
rmSync(folder, { recursive: true });
process.exitCode = status ?? 1;
