import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { MtlError, openSession, train, type TrainingEvent } from '../../../core/index.js';
import { load } from '../run/tiny.js';
import { of } from './tiny-trainer.js';

const three = ['tasks.normals={}', 'dataset.labels=["segmentation","depth","normals"]'];
const four = [...three, 'tasks.edges={}'];

describe('transfer graphs of three and four tasks', () => {
  let path = '';
  before(() => (path = mkdtempSync(join(tmpdir(), 'graphs-'))));
  after(() => rmSync(path, { recursive: true, force: true }));

  /** By task, where its transferred predictions go to, and come back from. */
  type Reached = Readonly<Record<string, readonly [to: readonly string[], backFrom: readonly string[]]>>;

  const cases: Readonly<Record<string, { overrides: readonly string[]; reached: Reached }>> = {
    'three, all': {
      overrides: [...three, 'consistency.edges=all', 'consistency.cycles=0.5'],
      reached: {
        segmentation: [
          ['depth', 'normals'],
          ['depth', 'normals'],
        ],
        depth: [
          ['segmentation', 'normals'],
          ['segmentation', 'normals'],
        ],
        normals: [
          ['segmentation', 'depth'],
          ['segmentation', 'depth'],
        ],
      },
    },
    'three, a list: nothing leaves normals, nothing arrives at segmentation': {
      overrides: [...three, 'consistency.edges=[["segmentation","depth"],["depth","normals"]]'],
      reached: { segmentation: [['depth'], []], depth: [['normals'], []], normals: [[], []] },
    },
    'three, a list with one way back: round trips of the two tasks on it': {
      overrides: [
        ...three,
        'consistency.edges=[["segmentation","depth"],["depth","segmentation"],["normals","depth"]]',
        'consistency.cycles=1',
      ],
      reached: {
        segmentation: [['depth'], ['depth']],
        depth: [['segmentation'], ['segmentation']],
        normals: [['depth'], []],
      },
    },
    'four, a ring': {
      overrides: [...four, 'consistency.edges=ring'],
      reached: {
        segmentation: [['depth'], []],
        depth: [['normals'], []],
        normals: [['edges'], []],
        edges: [['segmentation'], []],
      },
    },
    'four, a hub, at half the resolution': {
      overrides: [...four, 'consistency.edges={"name":"hub","task":"depth"}', 'consistency.resolution=0.5'],
      reached: {
        segmentation: [['depth'], []],
        depth: [['segmentation', 'normals', 'edges'], []],
        normals: [['depth'], []],
        edges: [['depth'], []],
      },
    },
  };

  for (const [name, { overrides, reached }] of Object.entries(cases)) {
    it(`${name}: trains, and every term belongs to the task that it starts at`, async () => {
      const tensors = tf.memory().numTensors;
      const events: TrainingEvent[] = [];
      const loaded = await load('train.epochs=1', 'dataset.train=2', 'consistency.lambda=0.2', ...overrides);
      await train(loaded, { folder: join(path, name), onEvent: (event) => events.push(event) });
      expect(tf.memory().numTensors, 'tensors left').to.equal(tensors);
      const { losses } = of('step', events)[0]!;
      expect(Object.keys(losses)).to.deep.equal(Object.keys(reached));
      const mean = (terms: Readonly<Record<string, number>>): number =>
        Object.values(terms).reduce((sum, term) => sum + term, 0) / Math.max(1, Object.keys(terms).length);
      for (const [task, { total, direct, transferred, cycled = {} }] of Object.entries(losses)) {
        const [to, backFrom] = reached[task]!;
        expect(Object.keys(transferred), task).to.have.members([...to]);
        expect(Object.keys(cycled), task).to.have.members([...backFrom]);
        const { cycles } = loaded.config.consistency!;
        const wanted =
          to.length === 0 ? direct : 0.8 * direct + 0.2 * (mean(transferred) + cycles * mean(cycled));
        expect(total, task).to.be.closeTo(wanted, 1e-5 * wanted);
      }
    });
  }

  it('refuses round trips where no edge leads back', async () => {
    const loaded = await load(...three, 'consistency.edges=ring', 'consistency.cycles=1');
    const error: unknown = await openSession(loaded, { initialize: false }).catch(
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(MtlError).with.property('code', 'CONFIG_INVALID');
    expect((error as Error).message).to.equal(
      'consistency.cycles: expected edges that lead from a task to another and back, found [segmentation, depth], ' +
        '[depth, normals], [normals, segmentation]; add the way back to consistency.edges, or leave cycles out',
    );
  });
});
