// Makes the script and the style sheet of reports (`mtl report`) out of core/report/page: one small file each, which
// stand within the page. ECharts goes in with the parts that charts need, so that nobody has to install it.
import { join } from 'node:path';
import { build } from 'esbuild';

const page = join(import.meta.dirname, '..', 'core', 'report', 'page');
const out = join(import.meta.dirname, '..', 'dist', 'core', 'report', 'page');

await build({
  entryPoints: { client: join(page, 'client', 'main.ts'), style: join(page, 'style.css') },
  outdir: out,
  bundle: true,
  minify: true,
  format: 'iife',
  target: ['es2022', 'chrome110', 'firefox115', 'safari16'],
  charset: 'utf8',
  legalComments: 'inline',
  banner: { js: '/*! With Apache ECharts (https://echarts.apache.org), Apache-2.0 */' },
  logLevel: 'warning',
});
