/**
 * `npm run bench`, or `npm run bench -- steps` for one of them, or `npm run bench -- --peer pytorch` for the comparison
 * alone. Each runs in a process of its own.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const benches: Readonly<Record<string, () => Promise<{ run(): Promise<void> }>>> = {
  scenes: () => import('./scenes.js'),
  kernels: () => import('./kernels.js'),
  data: () => import('./data.js'),
  steps: () => import('./steps.js'),
  consistency: () => import('./consistency.js'),
  weighters: () => import('./weighters.js'),
  checkpoints: () => import('./checkpoints.js'),
  pytorch: () => import('./pytorch.js'),
  ranks: () => import('./ranks.js'),
  cuda: () => import('./cuda.js'),
};

const [chosen] = process.argv.slice(2).filter((argument) => argument !== '--peer');
if (chosen === undefined) {
  for (const name of Object.keys(benches)) {
    const { status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), name], {
      stdio: 'inherit',
    });
    if (status !== 0) process.exitCode = 1;
  }
} else {
  const load = benches[chosen];
  if (!load) throw new Error(`expected one of ${Object.keys(benches).join(', ')}, found ${chosen}`);
  await (await load()).run();
  process.exit();
}
