import { expect } from 'chai';
import { z } from 'zod';
import {
  buildEngine,
  checkEngines,
  definePart,
  definePlugin,
  Registry,
  tokens,
  type BuildProgress,
  type Engine,
} from '../../../core/index.js';
import { failureOf } from '../fakes.js';

/** An engine that is not built yet, and one that needs no building. */
const plugin = definePlugin({
  name: 'engines',
  engines: {
    compiled: definePart({
      description: 'Is built.',
      options: z.strictObject({ folder: z.string().default('here') }),
      create: ({ folder }, deps): Engine => ({
        name: 'compiled',
        priority: 2,
        check: () =>
          Promise.resolve({
            usable: false,
            reason: `not built in ${folder} of ${deps.get(tokens.baseFolder)}`,
            fix: 'build it',
          }),
        start: () => Promise.resolve(),
        build: (onProgress, signal) => {
          onProgress({ step: 1, steps: 1, doing: `in ${folder}` });
          return Promise.resolve(`built in ${folder}, ${signal.aborted ? 'stopped' : 'whole'}`);
        },
      }),
    }),
    plain: definePart({
      description: 'Is there.',
      options: z.strictObject({}),
      create: (): Engine => ({
        name: 'plain',
        priority: 1,
        check: () => Promise.resolve({ usable: true, detail: 'there' }),
        start: () => Promise.resolve(),
      }),
    }),
  },
});

const registry = new Registry([plugin]);
const baseFolder = '/base';

describe('checkEngines', () => {
  it('looks at all, best first', async () => {
    expect(await checkEngines(registry, { baseFolder })).to.deep.equal([
      { name: 'compiled', usable: false, reason: 'not built in here of /base', fix: 'build it' },
      { name: 'plain', usable: true, reason: 'there' },
    ]);
  });

  it('looks at the one that a config names with its options', async () => {
    const engine = { name: 'compiled', folder: 'there' };
    const [first, second] = await checkEngines(registry, { engine, baseFolder });
    expect(first?.reason).to.equal('not built in there of /base');
    expect(second?.reason).to.equal('there');
  });

  it('starts from the current folder where no config is', async () => {
    const [first] = await checkEngines(registry);
    expect(first?.reason).to.equal(`not built in here of ${process.cwd()}`);
  });
});

describe('buildEngine', () => {
  const { signal } = new AbortController();

  it('builds with the engine’s options, and tells how far it is', async () => {
    const told: BuildProgress[] = [];
    const engine = { name: 'compiled', folder: 'there' };
    const built = await buildEngine(
      { engine, registry, baseFolder },
      (progress) => told.push(progress),
      signal,
    );
    expect(built).to.equal('built in there, whole');
    expect(told).to.deep.equal([{ step: 1, steps: 1, doing: 'in there' }]);
  });

  it('passes on that it is to stop', async () => {
    const choice = { engine: 'compiled', registry, baseFolder };
    expect(await buildEngine(choice, () => undefined, AbortSignal.abort())).to.equal(
      'built in here, stopped',
    );
  });

  it('has nothing to do for an engine that needs none', async () => {
    const choice = { engine: 'plain', registry, baseFolder };
    expect(await buildEngine(choice, () => undefined, signal)).to.equal(undefined);
  });

  it('wants one engine by its name', async () => {
    const choice = { engine: 'auto', registry, baseFolder };
    const { code, message } = await failureOf(() => buildEngine(choice, () => undefined, signal));
    expect(code).to.equal('PLUGIN_UNKNOWN');
    expect(message).to.match(/engine: expected one of compiled, plain, found "auto"/);
  });
});
