import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openSession, train } from '../../../../core/index.js';
import { load } from '../../../core/run/tiny.js';
import { describeOn } from '../../../engines.js';

/** Every weight of a new model by name, as its bits. */
async function initialWeights(engine: string, seed: number): Promise<Record<string, string>> {
  const overrides = [`engine={"name":"${engine}","threads":1}`, `train.seed=${seed}`];
  const session = await openSession(await load(...overrides), { initialize: true });
  const { tensors } = session.model.state;
  const bits = Object.entries(tensors).map(([name, tensor]) => {
    const values = tensor.dataSync();
    return [name, Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64')];
  });
  session.dispose();
  return Object.fromEntries(bits) as Record<string, string>;
}

describeOn('torch', 'a run', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'parity-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('starts from the same weights as on any other engine, to the bit', async () => {
    const [first, other] = [await initialWeights('wasm', 0), await initialWeights('wasm', 1)];
    expect(Object.keys(first)).to.have.length.above(200);
    expect(await initialWeights('torch', 0)).to.deep.equal(first);
    expect(await initialWeights('torch', 1))
      .to.deep.equal(other)
      .and.to.not.deep.equal(first);
  });

  it('ends in the same metrics up to rounding, and is the same run each time', async function () {
    this.timeout(120_000);
    const text = async (engine: string, run: string): Promise<string> => {
      const path = join(folder, run);
      await train(await load(`engine={"name":"${engine}","threads":1}`), { folder: path });
      return readFileSync(join(path, 'metrics.json'), 'utf8');
    };
    const first = await text('torch', 'first');
    expect(await text('torch', 'second')).to.equal(first);
    const metrics = (json: string) => (JSON.parse(json) as { metrics: Metrics }).metrics;
    const [found, wanted] = [metrics(first), metrics(await text('wasm', 'wasm'))];
    for (const [task, values] of Object.entries(wanted)) {
      for (const [name, value] of Object.entries(values)) {
        expect(found[task]![name]!, `${task} ${name}`).to.be.closeTo(
          value,
          0.01 * Math.max(1, Math.abs(value)),
        );
      }
    }
  });

  it('with `engine: auto` takes this one where it is built', async () => {
    const loaded = await load('train.epochs=1', 'engine=auto');
    await train(loaded, { folder: join(folder, 'auto') });
    const environment = JSON.parse(readFileSync(join(folder, 'auto', 'environment.json'), 'utf8')) as object;
    expect(environment).to.include({ engine: 'torch' });
  });
});

type Metrics = Readonly<Record<string, Readonly<Record<string, number>>>>;
