import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  encodeSafetensors,
  parseSafetensors,
  readCheckpoint,
  restoreCheckpoint,
  saveCheckpoint,
  Stepper,
  type Json,
  type NamedState,
  type Optimizer,
  type PartSpec,
  type Stateful,
} from '../../../core/index.js';
import { describeOnEach } from '../../engines.js';
import { hashed } from '../../oracles/values.js';
import { buildGolden, goldenBatch, offers, registry, type GoldenNetwork } from '../model/golden.js';

/** A part with two tensors and some values. */
class Part implements Stateful {
  readonly tensors: Record<string, tf.Tensor>;

  constructor(
    name: string,
    private values: Readonly<Record<string, Json>>,
  ) {
    this.tensors = {
      kernel: tf.tensor(hashed(`${name}.kernel`, [3, 2], 1), [3, 2]),
      scalar: tf.tensor(hashed(`${name}.scalar`, [], 1), []),
    };
  }

  get state(): NamedState {
    return { tensors: this.tensors, values: this.values };
  }

  restore({ tensors, values }: NamedState): void {
    tf.dispose(this.tensors);
    for (const [name, tensor] of Object.entries(tensors)) this.tensors[name] = tensor.clone();
    this.values = values;
  }
}

function contentOf({ state }: Stateful): unknown {
  const tensors = Object.entries(state.tensors).map(([name, tensor]) => [
    name,
    tensor.shape,
    tensor.dataSync(),
  ]);
  return { tensors, values: state.values };
}

describeOnEach('a checkpoint', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'checkpoint-'));
    file = join(folder, 'last.safetensors');
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function parts(name: string): Record<string, Part> {
    return {
      first: new Part(`${name}.first`, { step: 3, name, nested: { list: [1, null, true] } }),
      second: new Part(`${name}.second`, {}),
    };
  }

  function dispose(given: Record<string, Part>): void {
    for (const { tensors } of Object.values(given)) tf.dispose(tensors);
  }

  /** Expects a file to be refused by its name. */
  function expectRefused(reason: RegExp = /./): void {
    try {
      readCheckpoint(file);
    } catch (error) {
      expect(error).to.include({ name: 'MtlError', code: 'CHECKPOINT_INVALID' });
      expect((error as Error).message)
        .to.include(`Cannot use the checkpoint ${file}: `)
        .and.to.match(reason);
      return;
    }
    expect.fail('the checkpoint was read');
  }

  it('gives every part back what it had, to the bit', async () => {
    const tensors = tf.memory().numTensors;
    const [saved, restored] = [parts('saved'), parts('other')];
    expect(contentOf(restored.first!)).to.not.deep.equal(contentOf(saved.first!));
    await saveCheckpoint(file, saved);
    restoreCheckpoint(readCheckpoint(file), restored);
    for (const name of ['first', 'second'])
      expect(contentOf(restored[name]!)).to.deep.equal(contentOf(saved[name]!));
    dispose(saved);
    dispose(restored);
    expect(tf.memory().numTensors, 'tensors left').to.equal(tensors);
  });

  const runs = [
    { optimizer: { name: 'adam' }, clipNorm: null },
    { optimizer: { name: 'adamw' }, clipNorm: 0.5 },
    { optimizer: { name: 'sgd', lr: 1e-3, momentum: 0.9, weightDecay: 1e-4 }, clipNorm: 0.5 },
  ] as const;
  for (const { optimizer: spec, clipNorm } of runs) {
    const title = `${spec.name}, ${clipNorm === null ? 'not clipped' : 'clipped'}`;
    it(`lets a training run go on as if it had never stopped: ${title}`, () => expectResumed(spec, clipNorm));
  }

  async function expectResumed(spec: PartSpec, clipNorm: number | null): Promise<void> {
    interface Run {
      readonly network: GoldenNetwork;
      readonly optimizer: Optimizer;
    }
    const start = (): Run => ({
      network: buildGolden(),
      optimizer: registry.create('optimizer', spec, offers()),
    });
    const step = ({ network, optimizer }: Run, index: number) =>
      new Stepper({ ...network, optimizer, clipNorm }).step(goldenBatch(index), 1e-3);
    const stateful = ({ network: { model, weighter }, optimizer }: Run) => ({ model, weighter, optimizer });
    const [run, resumed] = [start(), start()];
    await step(run, 0);
    await saveCheckpoint(file, stateful(run));
    restoreCheckpoint(readCheckpoint(file), stateful(resumed));
    for (const index of [1, 2]) {
      expect((await step(resumed, index)).losses).to.deep.equal((await step(run, index)).losses);
    }
    for (const name of ['model', 'weighter', 'optimizer'] as const) {
      expect(contentOf(stateful(resumed)[name]), name).to.deep.equal(contentOf(stateful(run)[name]));
    }
    for (const { network, optimizer } of [run, resumed]) {
      network.dispose();
      optimizer.dispose();
    }
  }

  it('is refused where it is absent, empty, or no checkpoint', () => {
    expectRefused(/no such file/);
    const tensors = new Map([['a', { dtype: 'F32' as const, shape: [1], data: new Float32Array(1) }]]);
    const foreign: [string | Buffer, RegExp][] = [
      ['', /shorter/],
      ['not a checkpoint at all', /header/],
      [encodeSafetensors({ tensors, metadata: {} }), /no checkpoint of a run/],
      [encodeSafetensors({ tensors, metadata: { format: 'pt' } }), /no checkpoint of a run/],
      [encodeSafetensors({ tensors, metadata: null as unknown as Record<string, string> }), /metadata/],
    ];
    for (const [content, reason] of foreign) {
      writeFileSync(file, content);
      expectRefused(reason);
    }
  });

  it('is refused where a newer release wrote it', async () => {
    const saved = parts('saved');
    await saveCheckpoint(file, saved);
    dispose(saved);
    const { tensors, metadata } = parseSafetensors(readFileSync(file));
    writeFileSync(file, encodeSafetensors({ tensors, metadata: { ...metadata, version: '2' } }));
    expectRefused(/version 2, this release reads version 1/);
  });

  it('is refused wherever it is cut off', async () => {
    const saved = parts('saved');
    await saveCheckpoint(file, saved);
    dispose(saved);
    const whole = readFileSync(file);
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(file, whole.subarray(0, length));
      expectRefused();
    }
    writeFileSync(file, whole);
    expect(Object.keys(readCheckpoint(file))).to.deep.equal(['first', 'second']);
  });

  it('is refused whichever bit of it is turned over', async () => {
    const saved = parts('saved');
    await saveCheckpoint(file, saved);
    dispose(saved);
    const whole = readFileSync(file);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(7), (place, bit) => {
        const torn = Buffer.from(whole);
        torn[place]! ^= 1 << bit;
        writeFileSync(file, torn);
        expectRefused();
      }),
      { numRuns: 1000 },
    );
  });

  it('names a part that it does not hold, and one that does not fit', async () => {
    const saved = parts('saved');
    await saveCheckpoint(file, saved);
    const checkpoint = readCheckpoint(file);
    const network = buildGolden();
    expect(() => restoreCheckpoint(checkpoint, { optimizer: saved.first! })).to.throw(
      /no "optimizer"; it holds first, second/,
    );
    expect(() => restoreCheckpoint(checkpoint, { first: network.model })).to.throw(
      /encoder\.conv1\.kernel: missing/,
    );
    network.dispose();
    dispose(saved);
  });

  it('stays what it was where writing a new one fails', async () => {
    const [saved, newer] = [parts('saved'), parts('newer')];
    await saveCheckpoint(file, saved);
    const whole = readFileSync(file);
    const failing = async (given: Record<string, Part>): Promise<string> => {
      try {
        await saveCheckpoint(file, given);
      } catch (error) {
        return String(error);
      }
      return expect.fail('the checkpoint was written');
    };
    // Where the file beside it cannot be made …
    const beside = `${file}.${process.pid}.tmp`;
    mkdirSync(beside);
    expect(await failing(newer)).to.match(/there is a folder of that name/);
    rmSync(beside, { recursive: true });
    // … and where a value cannot be read.
    newer.second!.tensors.scalar!.dispose();
    expect(await failing(newer)).to.match(/disposed/);
    expect(readFileSync(file)).to.deep.equal(whole);
    expect(readdirSync(folder)).to.deep.equal(['last.safetensors']);
    dispose(saved);
    tf.dispose(newer.first!.tensors);
    newer.second!.tensors.kernel!.dispose();
  });
});
