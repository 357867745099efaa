/** The process that runs the specs: `node specs-process.js BUNDLE ENVIRONMENT REPORT [ONLY…]`, see `runSpecs`. */
import { appendFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Bundle } from './bundle.js';
import { environments, type EnvironmentName } from './environments.js';
import type { ReportLine } from './run-specs.js';

/** What is used of jasmine 4, which has no types of its own. */
interface Jasmine {
  DEFAULT_TIMEOUT_INTERVAL: number;
  getEnv(): {
    configure(configuration: { random: boolean; specFilter(spec: { getFullName(): string }): boolean }): void;
    addReporter(reporter: {
      specStarted(spec: Done): void;
      specDone(spec: Done): void;
      suiteDone(suite: Done): void;
      jasmineDone(all: Pick<Done, 'failedExpectations'>): void;
    }): void;
    execute(): Promise<unknown>;
  };
}

interface Done {
  readonly fullName: string;
  readonly status: 'passed' | 'failed' | 'pending' | 'excluded';
  readonly failedExpectations: readonly { readonly message: string; readonly stack: string }[];
}

const [bundle = '', environmentName = '', report = '', ...only] = process.argv.slice(2);
const require = createRequire(import.meta.url);
// The installed core first, then the bundle's: they share the first one's engine, registries and tensor class. The
// engine last, for gradients of its own replace what both have registered.
const tf = await import('@tensorflow/tfjs');
// Without it, each core that finds another one there says so.
tf.env().set('IS_TEST', true);
const { core, declareSpecs } = require(bundle) as Bundle;
if (tf.engine() !== core.engine()) throw new Error('the specs have an engine of their own');
const environment = environments[environmentName as EnvironmentName];
const found = await environment.check();
if (found.usable) {
  await environment.start();
  await run();
} else {
  write({ type: 'unusable', reason: `${found.reason}; ${found.fix}` });
}
// Threads and devices that a backend left open do not keep the process.
process.exit();

async function run(): Promise<void> {
  const jasmine = (require('jasmine-core') as { boot(core: unknown): Jasmine }).boot(require('jasmine-core'));
  jasmine.DEFAULT_TIMEOUT_INTERVAL = 20_000;
  const env = jasmine.getEnv();
  const texts = only.map((text) => text.toLowerCase());
  const wanted = (name: string): boolean =>
    texts.length === 0 || texts.some((text) => name.toLowerCase().includes(text));
  env.configure({ random: false, specFilter: (spec) => wanted(spec.getFullName()) });
  declareSpecs(environment);
  const unique = uniqueNames();
  env.addReporter({
    specStarted: ({ fullName }) => write({ type: 'started', name: fullName }),
    specDone: ({ fullName, status, failedExpectations: [failure] }) => {
      const name = unique(fullName);
      if (failure) write({ type: 'failed', name, message: failure.message, stack: failure.stack });
      else if (status === 'passed' || status === 'pending') write({ type: status, name });
    },
    suiteDone: ({ fullName, failedExpectations }) => writeSuite(fullName, failedExpectations),
    jasmineDone: ({ failedExpectations }) => {
      writeSuite('all suites', failedExpectations);
      write({ type: 'end' });
    },
  });
  await env.execute();
}

function uniqueNames(): (name: string) => string {
  const counts = new Map<string, number>();
  return (name) => {
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return count === 1 ? name : `${name} #${count}`;
  };
}

function writeSuite(name: string, [failure]: Done['failedExpectations']): void {
  if (failure) write({ type: 'suite', name, message: failure.message, stack: failure.stack });
}

/** At once: a kernel may end the process. */
function write(line: ReportLine): void {
  appendFileSync(report, `${JSON.stringify(line)}\n`);
}
