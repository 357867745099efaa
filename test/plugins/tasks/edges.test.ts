import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import fc from 'fast-check';
import { MtlError, type Raster } from '../../../core/index.js';
import { edgesOf } from '../../../plugins/tasks/edges.js';
import { describeOnEach } from '../../engines.js';
import { readJson } from '../../oracles/values.js';
import { expectCase, map } from '../losses/losses.js';
import { makeTask, raster, targetIn, trivialOf } from './tasks.js';

interface Oracle {
  readonly width: number;
  readonly void: number;
  readonly labels: readonly { readonly ids: number[]; readonly edges: number[]; readonly mask: number[] }[];
}

const oracle = readJson('task-metrics.json') as Oracle;
const task = makeTask('edges');
const none = 255;

/** Class ids in a map of any size, some of them void. */
const maps = fc
  .record({
    width: fc.integer({ min: 1, max: 7 }),
    height: fc.integer({ min: 1, max: 7 }),
    empty: fc.boolean(),
  })
  .chain(({ width, height, empty }) =>
    fc
      .array(fc.constantFrom(0, 0, 1, 1, 2, empty ? none : 2), {
        minLength: width * height,
        maxLength: width * height,
      })
      .map((ids) => raster(ids, { width })),
  );

function flipped({ width, ...rest }: Raster): Raster<Float32Array> {
  const data = Float32Array.from(
    rest.data,
    (_, at) => rest.data[at - (at % width) + width - 1 - (at % width)]!,
  );
  return { ...rest, width, data };
}

describe('edges between classes', () => {
  it('are what NumPy finds, with the same mask', () => {
    for (const { ids, edges, mask } of oracle.labels) {
      const found = edgesOf(raster(ids, { width: oracle.width }), oracle.void);
      expect([...found.mask]).to.deep.equal(mask);
      found.value.data.forEach((value, at) => mask[at] && expect(value).to.equal(edges[at]));
    }
  });

  it('are right by hand', () => {
    // 0 0 1     all are edges, the 1 and the second 2 for what they know beside the void;
    // 2 2 V     the void is none.
    const { value, mask } = targetIn(task, { segmentation: raster([0, 0, 1, 2, 2, none], { width: 3 }) });
    expect([...mask]).to.deep.equal([1, 1, 1, 1, 1, 0]);
    expect([...value.data]).to.deep.equal([1, 1, 1, 1, 1, 0]);
    // 0 0 0 V   the last 0 may be an edge or not.
    const row = targetIn(task, { segmentation: raster([0, 0, 0, none], { width: 4 }) });
    expect([[...row.mask], [...row.value.data]]).to.deep.equal([
      [1, 1, 0, 0],
      [0, 0, 0, 0],
    ]);
  });

  it('separate what differs: none where all is one class, all where every pixel is another', () => {
    fc.assert(
      fc.property(maps, (ids) => {
        const one = edgesOf({ ...ids, data: ids.data.map(() => 3) }, none);
        expect(one.value.data.every((value) => value === 0)).to.equal(true);
        expect(one.mask.every((value) => value === 1)).to.equal(true);
        const each = edgesOf({ ...ids, data: ids.data.map((_, at) => at) }, none);
        // A lone pixel has no neighbour.
        expect(each.value.data.every((value) => value === Number(ids.data.length > 1))).to.equal(true);
      }),
    );
  });

  it('do not depend on which class is which', () => {
    fc.assert(
      fc.property(maps, (ids) => {
        const renamed = { ...ids, data: ids.data.map((id) => (id === none ? none : (id + 1) % 3)) };
        expect(edgesOf(renamed, none)).to.deep.equal(edgesOf(ids, none));
      }),
    );
  });

  it('of a flipped map are the flipped edges', () => {
    fc.assert(
      fc.property(maps, (ids) => {
        const [found, before] = [edgesOf(flipped(ids), none), edgesOf(ids, none)];
        expect([...found.value.data]).to.deep.equal([...flipped(before.value).data]);
        const { height, width } = ids;
        const mask = flipped({ height, width, channels: 1, data: before.mask });
        expect([...found.mask]).to.deep.equal([...mask.data]);
      }),
    );
  });
});

describe('the task edges', () => {
  it('gives one logit per pixel, scored by F with its tolerance', () => {
    expect(task).to.include({ kind: 'classification', channels: 1, targetChannels: 1 });
    const score = (tolerance: number): number => {
      const [edgeF, precision] = makeTask('edges', { tolerance }).metrics();
      expect([edgeF!.name, precision!.name]).to.deep.equal(['edgeF', 'averagePrecision']);
      edgeF!.update(raster([0, 0, 1, 0, 0]), raster([1, 0, 0, 0, 0]), new Uint8Array(5).fill(1));
      return edgeF!.compute();
    };
    expect([score(1), score(2)]).to.deep.equal([0, 1]);
  });

  it('needs class labels', () => {
    expect(() => makeTask('edges', { label: 'normals' }))
      .to.throw(MtlError, 'tasks.edges.label: expected the name of classes labels')
      .with.property('code', 'CONFIG_INVALID');
  });

  it('predicts their share where it looks at no image, and is shown in black and white', () => {
    // The 1 beside the void is an edge all the same.
    const target = targetIn(task, { segmentation: raster([0, 0, 0, 1, none]) });
    expect(trivialOf(task, [target])).to.deep.equal(['share of edges', 2 / 4]);
    const shown = task.render(raster([0, 1, 0.5, 1]), Uint8Array.of(1, 1, 1, 0));
    expect([...shown.data]).to.deep.equal([0, 0, 0, 255, 255, 255, 128, 128, 128, 0, 0, 0]);
  });
});

describeOnEach('consistency of edges', () => {
  const targets = {
    soft: { target: 'soft', labelSmoothing: 0 },
    hard: { target: 'hard', labelSmoothing: 0 },
    smoothed: { target: 'hard', labelSmoothing: 0.1 },
  } as const;
  for (const [name, options] of Object.entries(targets)) {
    for (const pixels of ['all', 'valid']) {
      it(`${name} target, ${pixels} pixels: value and gradient`, () => {
        expectCase(
          `transferredBce.${name}.${pixels}`,
          (transferred) =>
            task.transfer!.loss(transferred, {
              value: map('edges.direct'),
              mask: pixels === 'valid' ? map('edges.mask') : null,
              ...options,
            }),
          'edges.prediction',
        );
      });
    }
  }

  it('decodes probabilities, and feeds logits as they are', () => {
    tf.tidy(() => {
      const logits = tf.tensor4d([0, 2], [1, 1, 2, 1]);
      expect([...task.transfer!.input(logits).dataSync()]).to.deep.equal([0, 2]);
      const [half, more] = task.decode(logits).dataSync();
      expect(half).to.equal(0.5);
      expect(more).to.be.closeTo(1 / (1 + Math.exp(-2)), 1e-6);
    });
  });
});
