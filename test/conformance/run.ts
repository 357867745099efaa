/** `node dist/test/conformance/run.js torch conv2d`: tfjs-core's specs, all or those whose names contain one of the texts. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleSpecs } from './bundle.js';
import { environments, type EnvironmentName } from './environments.js';
import { runSpecs, type Failure, type Report } from './run-specs.js';

const [name = '', ...only] = process.argv.slice(2);
if (!Object.hasOwn(environments, name)) {
  throw new Error(`expected one of ${Object.keys(environments).join(', ')}, found "${name}"`);
}
const folder = mkdtempSync(join(tmpdir(), 'mtl-conformance-'));
try {
  const began = performance.now();
  const report = await runSpecs(await bundleSpecs(folder), name as EnvironmentName, only);
  if ('unusable' in report) {
    console.log(`${name} is not usable here: ${report.unusable}`);
    process.exitCode = 1;
  } else {
    print(report, (performance.now() - began) / 1000);
  }
} finally {
  rmSync(folder, { recursive: true });
}

function print({ specs, failed, pending, suites, output }: Report, seconds: number): void {
  if (only.length > 0) process.stdout.write(output);
  for (const failure of [...suites, ...failed]) console.log(`FAILED ${failure.name}\n${describe(failure)}`);
  const passed = specs.length - failed.length - pending;
  console.log(`${passed} passed, ${failed.length} failed, ${pending} pending, ${seconds.toFixed(1)} s`);
  if (suites.length + failed.length > 0) process.exitCode = 1;
}

/** With the innermost calls, where only some specs were asked for. */
function describe({ message, stack }: Failure): string {
  const calls = stack.split('\n').filter((line) => /^ +at /.test(line));
  return [`  ${message.replaceAll('\n', '\n  ')}`, ...(only.length > 0 ? calls.slice(0, 12) : [])].join('\n');
}
