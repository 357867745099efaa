import { expect } from 'chai';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../repository.js';
import { bundleSpecs } from './bundle.js';
import type { EnvironmentName } from './environments.js';
import { runSpecs, type Failure, type Report } from './run-specs.js';

/** Fewer mean that the bundle lost some. */
const leastSpecs = 4200;

/** A spec that fails as it should. */
interface Exception {
  readonly spec: string;
  readonly reason: string;
}

describe('tfjs-core’s own specs', function () {
  // Longer than two runs that hang, which end by themselves.
  this.timeout(11 * 60_000);
  let folder: string;
  let bundle: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mtl-conformance-'));
    bundle = await bundleSpecs(folder);
  });
  after(() => rmSync(folder, { recursive: true }));

  it('pass on cpu', async function () {
    const report = await run(this, 'cpu');
    expect(report.specs.length).to.be.at.least(leastSpecs);
    expectOnly(report.failed, []);
  });

  it('pass on wasm wherever they pass without our kernels', async function () {
    const stock = await run(this, 'wasm-stock');
    const ours = await run(this, 'wasm');
    expect(ours.specs.length).to.be.at.least(leastSpecs);
    expect(ours.specs).to.deep.equal(stock.specs);
    const before = new Set(stock.failed.map(({ name }) => name));
    expectOnly(
      ours.failed.filter(({ name }) => !before.has(name)),
      exceptions('wasm'),
    );
  });

  it('pass on torch', async function () {
    const report = await run(this, 'torch');
    expect(report.specs.length).to.be.at.least(leastSpecs);
    expectOnly(report.failed, exceptions('torch'));
  });

  it('pass on webgpu for the gradients that we replace', async function () {
    const report = await run(this, 'webgpu', [
      'avgPool ',
      'maxPool ',
      'resizeBilinear ',
      'resizeNearestNeighbor ',
    ]);
    expect(report.specs.length).to.be.at.least(80);
    expectOnly(report.failed, exceptions('webgpu'));
  });

  /** Skips the test, and says why, where the engine cannot run. */
  async function run(test: Mocha.Context, name: EnvironmentName, only?: readonly string[]): Promise<Report> {
    const report = await runSpecs(bundle, name, only);
    if ('unusable' in report) {
      if (test.test) test.test.title += ` (skipped: ${report.unusable})`;
      test.skip();
    }
    expect(describeFailures(report.suites)).to.equal('');
    return report;
  }
});

/** The committed list of the specs that fail on an engine, each with the reason. */
function exceptions(name: EnvironmentName): readonly Exception[] {
  const file = join(repositoryRoot(), 'test/conformance', `${name}-exceptions.json`);
  const list = JSON.parse(readFileSync(file, 'utf8')) as readonly Exception[];
  expect(list.length).to.be.at.most(20);
  for (const { reason } of list) expect(reason).to.match(/\w/);
  return list;
}

/** All of the exceptions and nothing else may have failed: a list that is no longer true is an error too. */
function expectOnly(failed: readonly Failure[], exceptions: readonly Exception[]): void {
  const excused = new Set(exceptions.map(({ spec }) => spec));
  const names = new Set(failed.map(({ name }) => name));
  expect(describeFailures(failed.filter(({ name }) => !excused.has(name)))).to.equal('');
  expect(
    [...excused].filter((spec) => !names.has(spec)),
    'exceptions that pass',
  ).to.deep.equal([]);
}

function describeFailures(failures: readonly Failure[]): string {
  const first = failures
    .slice(0, 20)
    .map(({ name, message }) => `${name}\n  ${message.replaceAll('\n', '\n  ')}`);
  return failures.length === 0 ? '' : [`${failures.length} failed:`, ...first].join('\n');
}
