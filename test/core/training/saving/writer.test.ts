import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import {
  CheckpointWriter,
  MtlError,
  readCheckpoint,
  saveCheckpoint,
  type Stateful,
} from '../../../../core/index.js';
import { describeOnEach } from '../../../engines.js';

describeOnEach('a writer of checkpoints', () => {
  let folder: string;
  let writer: CheckpointWriter;
  let kernel: tf.Variable;
  let step: number;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'writer-'));
    writer = new CheckpointWriter();
    kernel = tf.variable(tf.tensor([1, 2, 3]));
    step = 1;
  });
  afterEach(async () => {
    await writer.close();
    kernel.dispose();
    rmSync(folder, { recursive: true });
  });

  const place = (name: string): string => join(folder, `${name}.safetensors`);
  const parts: Readonly<Record<string, Stateful>> = {
    model: {
      get state() {
        return { tensors: { kernel }, values: {} };
      },
      restore: () => undefined,
    },
    progress: {
      get state() {
        return { tensors: {}, values: { step } };
      },
      restore: () => undefined,
    },
  };
  const move = (): void => {
    tf.tidy(() => kernel.assign(kernel.add(1)));
    step++;
  };
  const stepIn = (name: string): unknown => readCheckpoint(place(name)).progress!.values.step;

  it('writes the bytes that saveCheckpoint writes, of the moment when it was asked', async () => {
    await saveCheckpoint(place('same'), parts);
    const { file, written } = await writer.save({ file: place('last') }, parts);
    move();
    await written;
    expect(file).to.equal(place('last'));
    expect(readFileSync(file)).to.deep.equal(readFileSync(place('same')));
    // What was taken down is no memory of the engine's.
    expect([...kernel.dataSync()]).to.deep.equal([2, 3, 4]);
  });

  it('keeps the one before, those that are to be kept, and the best model, and nothing beside them', async () => {
    const names = { file: place('last'), previous: place('previous') };
    const first = await writer.save({ ...names, best: place('best') }, parts);
    move();
    const second = await writer.save({ ...names, kept: place('step-000002') }, parts);
    move();
    const third = await writer.save(names, parts);
    await Promise.all([first.written, second.written, third.written]);
    expect(['previous', 'step-000002', 'last'].map(stepIn)).to.deep.equal([2, 2, 3]);
    const best = readCheckpoint(place('best'));
    expect(Object.keys(best)).to.deep.equal(['model']);
    expect([...best.model!.tensors.kernel!.data]).to.deep.equal([1, 2, 3]);
    expect(readdirSync(folder)).to.have.length(4);
  });

  it('tells why a checkpoint could not be written, and leaves the old one', async () => {
    await (
      await writer.save({ file: place('last') }, parts)
    ).written;
    mkdirSync(`${place('last')}.${process.pid}.tmp`);
    const { written } = await writer.save({ file: place('last'), previous: place('previous') }, parts);
    const error: unknown = await written.catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(MtlError).with.property('code', 'RUN_INVALID');
    expect((error as Error).message).to.match(
      /Cannot write .*last\.safetensors \(.*\): there is a folder of that name.*--resume/,
    );
    expect(stepIn('last')).to.equal(1);
    expect(existsSync(place('previous'))).to.equal(false);
    await (
      await writer.save({ file: place('other') }, parts)
    ).written;
  });

  it('has all in place once it is closed, and can be closed again', async () => {
    await writer.save({ file: place('a') }, parts);
    await writer.save({ file: place('b') }, parts);
    await writer.close();
    expect(['a', 'b'].map(stepIn)).to.deep.equal([1, 1]);
    await writer.close();
  });
});
