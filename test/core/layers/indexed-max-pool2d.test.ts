import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { IndexedMaxPool2d, MaxUnpool2d, MtlError, Tape } from '../../../core/index.js';
import { describeOnEach } from '../../engines.js';
import { tensorOf } from '../../oracles/compare.js';
import { hashed } from '../../oracles/values.js';
import { casesOf, expectStored, value, withLayer } from './layers.js';

function stored(name: string): tf.Tensor4D {
  return tensorOf(value(name)) as tf.Tensor4D;
}

function poolLayer(): IndexedMaxPool2d {
  const layer = new IndexedMaxPool2d({ name: 'pool' });
  layer.apply(tf.input({ shape: [4, 6, 3] }));
  return layer;
}

function unpoolLayer(): MaxUnpool2d {
  const layer = new MaxUnpool2d({});
  layer.apply([tf.input({ shape: [2, 3, 3] }), tf.input({ shape: [2, 3, 3] })]);
  return layer;
}

function pooled(layer: IndexedMaxPool2d, x: tf.Tensor): [y: tf.Tensor, indices: tf.Tensor] {
  return layer.apply(x) as [tf.Tensor, tf.Tensor];
}

function inner(a: tf.Tensor, b: tf.Tensor): number {
  return tf.sum(tf.mul(a, b)).dataSync()[0]!;
}

/** Numbers in 0 … 3, any of them. */
function anyIndices(shape: [number, number, number, number]): tf.Tensor {
  return tf.tensor4d(
    hashed('indices', shape, 2).map((x) => Math.floor(x + 2)),
    shape,
  );
}

describeOnEach('IndexedMaxPool2d and MaxUnpool2d', () => {
  it('has ties among what it is compared with', () => {
    expect(casesOf('indexedMaxPool')).to.have.members(['indexedMaxPool.plain', 'indexedMaxPool.ties']);
    expect(new Set(value('indexedMaxPool.ties.x').data).size).to.equal(3);
    for (const name of casesOf('indexedMaxPool')) {
      expect([...new Set(value(`${name}.indices`).data)].sort(), name).to.deep.equal([0, 1, 2, 3]);
    }
  });

  for (const name of casesOf('indexedMaxPool')) {
    it(`${name}: maxima, the first one's index, and the gradient`, () => {
      withLayer(poolLayer, (layer) => {
        const x = stored(`${name}.x`);
        const [y, indices] = pooled(layer, x);
        expectStored(y, `${name}.y`);
        expect(indices.dtype).to.equal('float32');
        expectStored(indices, `${name}.indices`);
        const gradient = tf.grad((input: tf.Tensor) => pooled(layer, input)[0]);
        expectStored(gradient(x, stored(`${name}.dy`)), `${name}.dx`);
        expect(layer.computeOutputShape(x.shape)).to.deep.equal([y.shape, y.shape]);
      });
    });
  }

  for (const name of casesOf('maxUnpool')) {
    it(`${name}: values at their indices, and the gradient`, () => {
      withLayer(unpoolLayer, (layer) => {
        const [x, indices] = [
          stored(`${name}.x`),
          stored(`${name.replace('maxUnpool', 'indexedMaxPool')}.indices`),
        ];
        const unpool = (input: tf.Tensor): tf.Tensor => layer.apply([input, indices]) as tf.Tensor;
        expectStored(unpool(x), `${name}.y`);
        expectStored(tf.grad(unpool)(x, stored(`${name}.dy`)), `${name}.dx`);
        expect(layer.computeOutputShape([x.shape, indices.shape])).to.deep.equal(value(`${name}.y`).shape);
      });
    });
  }

  it('unpooling’s gradient is its adjoint, whatever the indices', () => {
    withLayer(unpoolLayer, (layer) => {
      const shape: [number, number, number, number] = [2, 5, 3, 4];
      const indices = anyIndices(shape);
      const unpool = (input: tf.Tensor): tf.Tensor => layer.apply([input, indices]) as tf.Tensor;
      const x = tf.tensor4d(hashed('unpool.x', shape, 1), shape);
      const y = tf.tensor4d(hashed('unpool.y', [2, 10, 6, 4], 1), [2, 10, 6, 4]);
      // ⟨Ax, y⟩ = ⟨x, Aᵀy⟩ for the linear map A; and AᵀA = 1, since every value has a place of its own.
      const back = tf.grad(unpool)(x, y);
      expect(inner(unpool(x), y)).to.be.closeTo(inner(x, back), 1e-5);
      expect(tf.grad(unpool)(x, unpool(x)).dataSync()).to.deep.equal(x.dataSync());
    });
  });

  it('what was pooled comes back where it was', () => {
    withLayer(poolLayer, (layer) => {
      const x = tf.relu(stored('indexedMaxPool.plain.x'));
      const [y, indices] = pooled(layer, x);
      const back = new MaxUnpool2d({}).apply([y, indices]) as tf.Tensor;
      const kept = tf.equal(back, x);
      expect(pooled(layer, back)[0].dataSync()).to.deep.equal(y.dataSync());
      expect(tf.all(tf.logicalOr(kept, tf.equal(back, 0))).dataSync()[0]).to.equal(1);
    });
  });

  it('a tape walks them, and no gradient goes through the indices', () => {
    withLayer(poolLayer, (layer) => {
      const x = stored('indexedMaxPool.ties.x');
      const [unpool, one] = [new MaxUnpool2d({}), tf.scalar(1)];
      const before = tf.memory().numTensors;
      const { tape, result } = Tape.record(() => {
        const [y, indices] = pooled(layer, x);
        return { indices, loss: tf.sum(tf.square(unpool.apply([y, indices]) as tf.Tensor)) };
      });
      expect(tape.reached(result.loss, [x, result.indices])).to.deep.equal([true, false]);
      const [gradient] = tape.backward([{ of: result.loss, gradient: one }], [x], true);
      tf.dispose([result.loss, result.indices]);
      expect(tf.memory().numTensors - before, 'tensors left beside the gradient').to.equal(1);
      // Σ max² has the gradient 2x at the maxima.
      const [y, indices] = pooled(layer, x);
      const wanted = tf.mul(2, unpool.apply([y, indices]) as tf.Tensor);
      expect(gradient!.dataSync()).to.deep.equal(wanted.dataSync());
    });
  });

  it('refuses a map of odd height or width', () => {
    const layer = new IndexedMaxPool2d({ name: 'pool1' });
    expect(() => layer.apply(tf.input({ shape: [4, 5, 3] })))
      .to.throw(MtlError, 'the map that pool1 pools: expected even height and width, found [4, 5]')
      .with.property('code', 'SHAPE_MISMATCH');
  });
});
