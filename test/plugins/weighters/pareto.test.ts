import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { createWeighter, minimize, weighters } from '../../../plugins/weighters/index.js';
import { describeOn } from '../../engines.js';

type Point = readonly [number, number];

/** L(x, y) = ½ (a (x − p)² + b (y − q)²) */
interface Bowl {
  readonly centre: Point;
  readonly curvature: Point;
}

const bowls: readonly [Bowl, Bowl] = [
  { centre: [-1, 0], curvature: [1, 6] },
  { centre: [1, 1], curvature: [12, 1] },
];
const starts: readonly Point[] = [[-1.8, 1.8], [-0.4, 2.2], [1.8, -0.5], [0.2, -0.8], [1.7, 1.9]]; // prettier-ignore
const updates = 300;
/** Steps to an update of those that collect first. */
const cycles: Readonly<Record<string, number>> = { modo: 3, sdmgrad: 3 };
/** One that takes one task's gradient alone goes to and fro, by as much as its steps are long. */
const longer: Readonly<Record<string, number>> = { graddrop: 3, krum: 3 };

/** Those that look at fewer than T gradients need more tasks: a third in between, which adds nothing to the front. */
const between: Bowl = { centre: minimumOf(0.5), curvature: [6.5, 3.5] };
const ofThree: Readonly<Record<string, readonly Bowl[]>> = {
  krum: [...bowls, between],
  trimmedMean: [...bowls, between],
};

/** Those with a scope of gradients to combine. */
const methods = Object.entries(weighters)
  .filter(([, { options }]) => 'shape' in options && 'gradients' in options.shape)
  .map(([name]) => name);

/** The minimum of ω L₁ + (1 − ω) L₂; over all ω they are the Pareto front, as both are convex. */
function minimumOf(omega: number): Point {
  const coordinate = (axis: 0 | 1): number => {
    const [left, right] = [omega * bowls[0].curvature[axis], (1 - omega) * bowls[1].curvature[axis]];
    return (left * bowls[0].centre[axis] + right * bowls[1].centre[axis]) / (left + right);
  };
  return [coordinate(0), coordinate(1)];
}

function distanceToFront([x, y]: Point): number {
  const front = Array.from({ length: 4001 }, (_, index) => minimumOf(index / 4000));
  return Math.min(...front.map(([u, v]) => Math.hypot(x - u, y - v)));
}

/** Where gradient descent with shortening steps arrives. */
async function arrival(name: string, start: Point): Promise<Point> {
  const tasks = ofThree[name] ?? bowls;
  const names = tasks.map((_, index) => `task${index}`);
  const weighter = createWeighter({ name, gradients: 'all' }, { tasks: names, seed: 3 });
  const place = tf.tidy(() => tf.variable(tf.tensor1d([...start])));
  const optimizer = tf.train.sgd(0);
  const forward = (): Record<string, tf.Scalar> =>
    Object.fromEntries(
      tasks.map(({ centre, curvature }, index) => {
        const distances = tf.squaredDifference(place, [...centre]);
        return [names[index]!, tf.mul<tf.Scalar>(tf.sum(tf.mul(distances, [...curvature])), 0.5)];
      }),
    );
  const cycle = cycles[name] ?? 1;
  for (let step = 0; step < updates * cycle * (longer[name] ?? 1); step++) {
    optimizer.setLearningRate(0.08 / (1 + Math.floor(step / cycle) / 40));
    await minimize(forward, { weighter, variables: [place], optimizer });
  }
  const [x, y] = await place.data();
  weighter.dispose();
  optimizer.dispose();
  place.dispose();
  return [x!, y!];
}

describeOn('wasm', 'two tasks with a known Pareto front', function () {
  this.timeout(120_000);

  for (const name of methods) {
    it(`${name} comes to the front from every start`, async () => {
      const tensors = tf.memory().numTensors;
      const distances: number[] = [];
      for (const start of starts) distances.push(distanceToFront(await arrival(name, start)));
      expect(Math.max(...distances), distances.join(', ')).to.be.at.most(0.02);
      expect(tf.memory().numTensors, 'tensors left').to.equal(tensors);
    });
  }
});
