/**
 * A page that shows what a run's model sees, in a folder that any web server can serve:
 *
 *     node dist/examples/browser/build.js RUN site
 *     node dist/examples/browser/serve.js site
 */
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exportModel, loadRunConfig } from 'crosstask';
import { builtin } from 'crosstask/plugins';
import { build } from 'esbuild';

const [run = 'runs/quickstart', site = 'site'] = process.argv.slice(2);

// The model, half as large as it could be: kernels at half precision look the same.
await exportModel(await loadRunConfig(run, [builtin]), {
  folder: run,
  format: 'tfjs',
  quantize: process.argv.includes('--exact') ? undefined : 'float16',
  out: join(site, 'model'),
});

const page = fileURLToPath(new URL('../../../examples/browser/page', import.meta.url));
await build({
  entryPoints: [join(page, 'main.ts')],
  outdir: site,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  logLevel: 'error',
});
for (const name of ['index.html', 'style.css']) copyFileSync(join(page, name), join(site, name));

// The backend fetches the one of these that the browser can run.
const wasm = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));
mkdirSync(join(site, 'wasm'), { recursive: true });
for (const name of readdirSync(wasm).filter((file) => file.endsWith('.wasm')))
  copyFileSync(join(wasm, name), join(site, 'wasm', name));

console.log(`Wrote ${site}; look at it with: node dist/examples/browser/serve.js ${site}`);
process.exit();
