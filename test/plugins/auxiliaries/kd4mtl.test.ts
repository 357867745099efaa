import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import {
  exportModel,
  loadConfig,
  loadRunConfig,
  openModel,
  parseSafetensors,
  predictImages,
  train,
  type LoadedConfig,
  type TrainingEvent,
} from '../../../core/index.js';
import { builtin } from '../../../plugins/index.js';
import { failureOf } from '../../core/fakes.js';
import { tiny } from '../../core/run/tiny.js';
import { describeOnEach } from '../../engines.js';

type StepEvent = Extract<TrainingEvent, { readonly type: 'step' }>;

const { dataset, train: training } = tiny;

describeOnEach('kd4mtl', function (engine) {
  this.timeout(120_000);
  let path = '';
  const folder = (name: string): string => join(path, name);

  const load = (preset: string, auxiliary: object | null, ...overrides: string[]): Promise<LoadedConfig> =>
    loadConfig({
      plugins: [builtin],
      folder: path,
      config: {
        extends: preset,
        engine: { name: engine, threads: 1 },
        dataset,
        backbone: { name: 'segnet', width: 2 },
        train: { ...training, epochs: 1, checkpointEvery: 1 },
        ...(auxiliary && { auxiliary: [{ name: 'kd4mtl', ...auxiliary }] }),
      },
      overrides,
    });
  const student = (...overrides: string[]) => load('kd4mtl', { teachers: 'teachers' }, ...overrides);
  const parts = (run: string): Buffer => readFileSync(join(path, run, 'checkpoints', 'last.safetensors'));

  async function run(config: LoadedConfig, name: string): Promise<readonly StepEvent[]> {
    const steps: StepEvent[] = [];
    await train(config, {
      folder: folder(name),
      onEvent: (event) => event.type === 'step' && steps.push(event),
    });
    return steps;
  }

  before(async () => {
    path = mkdtempSync(join(tmpdir(), 'kd4mtl-'));
    await run(await load('stan', null), 'teachers');
  });
  after(() => rmSync(path, { recursive: true, force: true }));

  it('adds λ_t D_t to each task’s loss, moves the adaptors, and leaves the teachers and no tensor', async () => {
    const before = readFileSync(join(path, 'teachers', 'checkpoints', 'best.safetensors'));
    const tensors = tf.memory().numTensors;
    const steps = await run(await student(), 'student');
    expect(tf.memory().numTensors).to.equal(tensors);
    expect(steps).to.have.lengthOf(2);
    for (const { losses } of steps) {
      for (const [task, { total, direct, auxiliary }] of Object.entries(losses)) {
        // Two distances of vectors of length 1.
        expect(auxiliary!.kd4mtl, task).to.be.within(0.01, 8);
        expect(total, task).to.be.closeTo(direct + auxiliary!.kd4mtl!, 1e-4);
      }
    }
    expect(readFileSync(join(path, 'teachers', 'checkpoints', 'best.safetensors')).equals(before)).to.equal(
      true,
    );
    const { tensors: saved, metadata } = parseSafetensors(parts('student'));
    const names = [...saved.keys()].filter((name) => name.startsWith('auxiliary.'));
    const adaptors = ['segmentation', 'depth'].flatMap((task) =>
      ['bottleneck', 'decoded'].map((map) => `adaptor.${task}.${map}.kernel`),
    );
    const moments = adaptors.flatMap((name) => ['m', 'v'].map((slot) => `kd4mtl.${name}/${slot}`));
    expect(names).to.have.members([
      ...adaptors.map((name) => `auxiliary.kd4mtl/${name}`),
      ...moments.map((name) => `auxiliary.kd4mtl.optimizer/${name}`),
    ]);
    expect(
      [...saved.keys()].filter((name) => name.includes('stan') || name.includes('encoder.depth')),
    ).to.have.lengthOf(0);
    expect(metadata.values).to.match(/"auxiliary.kd4mtl":\{"teachers":\{"segmentation":"[0-9a-f]{64}"/);
  });

  it('goes on to the same bits, and with no other teacher', async () => {
    let seen = 0;
    const crashing = train(await student(), {
      folder: folder('crashed'),
      onEvent: ({ type }) => {
        if (type === 'step' && ++seen === 2) throw new Error('crash');
      },
    });
    expect(await crashing.catch((thrown: unknown) => thrown)).to.have.property('message', 'crash');
    cpSync(folder('crashed'), folder('changed'), { recursive: true });
    await train(await student(), { folder: folder('crashed'), resume: true });
    expect(parts('crashed').equals(parts('student'))).to.equal(true);

    renameSync(folder('teachers'), folder('aside'));
    await run(await load('stan', null, 'train.seed=1'), 'teachers');
    const config = await student();
    const { code, message } = await failureOf(() =>
      train(config, { folder: folder('changed'), resume: true }),
    );
    expect(code).to.equal('CHECKPOINT_INVALID');
    expect(message).to.match(
      /the teacher of "segmentation": expected the one that the training was begun with/,
    );
    rmSync(folder('teachers'), { recursive: true });
    renameSync(folder('aside'), folder('teachers'));
  });

  // What follows does not depend on the engine.
  if (engine !== 'wasm') return;

  it('a student in use has neither teachers nor adaptors', async () => {
    renameSync(folder('teachers'), folder('away'));
    const loaded = await loadRunConfig(folder('student'), [builtin]);
    const trained = await openModel(loaded, { folder: folder('student') });
    const shape = [1, 32, 32, 3] as const;
    const [predicted] = await predictImages(
      trained.model,
      { image: new Float32Array(32 * 32 * 3), shape },
      { transfer: false },
    );
    expect(predicted!.direct.depth!.data).to.have.lengthOf(32 * 32);
    trained.dispose();
    const out = folder('student.safetensors');
    await exportModel(loaded, { folder: folder('student'), format: 'safetensors', out });
    const names = [...parseSafetensors(readFileSync(out)).tensors.keys()];
    expect(names.some((name) => name.startsWith('attention.'))).to.equal(true);
    expect(names.filter((name) => name.includes('adaptor'))).to.have.lengthOf(0);
    await exportModel(loaded, { folder: folder('student'), format: 'tfjs', out: folder('graph') });
    renameSync(folder('away'), folder('teachers'));
  });

  it('takes a folder by task, its own weights, and teachers as in use', async () => {
    const steps = await run(
      await load('kd4mtl', {
        teachers: { depth: 'teachers' },
        lambda: { segmentation: 0, depth: 3 },
        statistics: 'moving',
      }),
      'one',
    );
    expect(steps[0]!.losses.segmentation).to.not.have.property('auxiliary');
    expect(steps[0]!.losses.depth!.auxiliary!.kd4mtl).to.be.above(0);
  });

  it('gradient methods find what the tasks share, beside the adaptors', async () => {
    const steps = await run(
      await student('weighter=pcgrad', 'architecture=split', 'train.clipNorm=1'),
      'pcgrad',
    );
    expect(steps).to.have.lengthOf(2);
  });

  const refusals: readonly (readonly [string, object, string, RegExp, ...string[]])[] = [
    [
      'no such run',
      { teachers: './none' },
      'RUN_INVALID',
      /^auxiliary\[0\]\.teachers: expected the folder of a trained run, found no run at .*none; check the path, or train it: mtl train --preset stan --run /,
    ],
    [
      'a task that there is none of',
      { teachers: { normals: 'teachers' } },
      'CONFIG_INVALID',
      /^auxiliary\[0\]\.teachers: expected folders for tasks of the config, segmentation, depth, found "normals"$/,
    ],
    [
      'another size of image',
      { teachers: 'teachers' },
      'CONFIG_INVALID',
      /teachers: expected a run on images of 32×64, found one of 32×32/,
      'dataset.size=[32,64]',
    ],
    [
      'other channels',
      { teachers: { segmentation: 'teachers' } },
      'CONFIG_INVALID',
      /teachers\.segmentation: expected a run whose segmentation has 3 channels, found 7/,
      'tasks.segmentation.type=normals',
      'dataset.labels=["depth","normals"]',
    ],
    [
      'maps of other sizes',
      { teachers: 'teachers' },
      'CONFIG_INVALID',
      /teachers: expected a network whose bottleneck is 2×2, as the student’s, found 1×1/,
      'architecture={"name":"adamt","width":2}',
    ],
    [
      'a weight for some tasks alone',
      { teachers: 'teachers', lambda: { depth: 1 } },
      'CONFIG_INVALID',
      /^auxiliary\[0\]\.lambda: expected one number, or one for each of segmentation, depth, found \{"depth":1\}$/,
    ],
  ];
  for (const [title, auxiliary, code, wanted, ...overrides] of refusals) {
    it(`refuses ${title}, and leaves no tensor`, async () => {
      const tensors = tf.memory().numTensors;
      const config = await load('kd4mtl', auxiliary, ...overrides);
      const error = await failureOf(() => train(config, { folder: folder('refused') }));
      expect(error.message).to.match(wanted);
      expect(error.code).to.equal(code);
      expect(tf.memory().numTensors).to.equal(tensors);
    });
  }

  it('refuses a teacher without a best model, with the command that goes on with it', async () => {
    cpSync(folder('teachers'), folder('begun'), { recursive: true });
    rmSync(join(path, 'begun', 'checkpoints', 'best.safetensors'));
    const config = await load('kd4mtl', { teachers: 'begun' });
    const { message } = await failureOf(() => train(config, { folder: folder('refused') }));
    expect(message).to.match(
      /found a run without a best model yet, .*begun; let it go on: mtl train --resume --run .*begun$/,
    );
  });

  it('says how to train teachers where none are named', async () => {
    const { message } = await failureOf(() => load('kd4mtl', null));
    expect(message).to.include('auxiliary[0].teachers: expected the folder of a run that has all tasks');
    expect(message).to.include('mtl train --preset stan --run runs/teachers');
    expect(message).to.include('found nothing');
  });
});
