/**
 * Where each weighter takes two conflicting tasks: a plot of its ways over a plane, from five starts, with each task's
 * contours and the Pareto front, the points at which neither task can gain without the other's loss.
 *
 *     node dist/examples/pareto.js pareto.png pcgrad cagrad upgrad
 */
import * as tf from '@tensorflow/tfjs';
import { createPart } from 'crosstask';
import { wasm } from 'crosstask/plugins';
import { createWeighter, minimize } from 'crosstask/weighters';
import { writeChart } from './chart.js';

type Point = readonly [number, number];

/** L(x, y) = ½ (a (x − p)² + b (y − q)²) */
interface Bowl {
  readonly centre: Point;
  readonly curvature: Point;
}

const tasks: Readonly<Record<'first' | 'second', Bowl>> = {
  first: { centre: [-1, 0], curvature: [1, 6] },
  second: { centre: [1, 1], curvature: [12, 1] },
};
const starts: readonly Point[] = [[-1.8, 1.8], [-0.4, 2.2], [1.8, -0.5], [0.2, -0.8], [1.7, 1.9]]; // prettier-ignore
const steps = 400;

const [file = 'pareto.png', ...named] = process.argv.slice(2);
const names = named.length > 0 ? named : ['equal', 'uncertainty', 'pcgrad', 'mgda', 'cagrad', 'upgrad'];

await createPart(wasm, { threads: 1 }).start();
const ways: Point[][][] = [];
for (const name of names) {
  ways.push([]);
  for (const start of starts) ways.at(-1)!.push(await descend(name, start));
}
await draw(names, ways, file);
console.log(`Wrote ${file}`);
process.exit();

/** A way of gradient descent from a start, with steps that become shorter. */
async function descend(name: string, start: Point): Promise<Point[]> {
  const weighter = createWeighter(name, { tasks: Object.keys(tasks) });
  const place = tf.tidy(() => tf.variable(tf.tensor1d([...start])));
  const optimizer = tf.train.sgd(0);
  const way: Point[] = [start];
  for (let step = 0; step < steps; step++) {
    optimizer.setLearningRate(0.05 / (1 + step / 80));
    await minimize(() => losses(place), { weighter, variables: [place], optimizer });
    way.push([...(await place.data())] as unknown as Point);
  }
  weighter.dispose();
  tf.dispose([place]);
  return way;
}

function losses(place: tf.Tensor): Record<string, tf.Scalar> {
  const loss = ({ centre, curvature }: Bowl): tf.Scalar =>
    tf.mul(tf.sum(tf.mul(tf.squaredDifference(place, [...centre]), [...curvature])), 0.5);
  return Object.fromEntries(Object.entries(tasks).map(([task, bowl]) => [task, loss(bowl)]));
}

/** Minima of ω L₁ + (1 − ω) L₂, for all ω: the whole front, as both tasks are convex. */
function front(): Point[] {
  const { first, second } = tasks;
  return Array.from({ length: 101 }, (_, index): Point => {
    const omega = index / 100;
    const minimum = (axis: 0 | 1): number => {
      const [left, right] = [omega * first.curvature[axis], (1 - omega) * second.curvature[axis]];
      return (left * first.centre[axis] + right * second.centre[axis]) / (left + right);
    };
    return [minimum(0), minimum(1)];
  });
}

/** Where a task's loss has a value. */
function contour({ centre, curvature }: Bowl, value: number): Point[] {
  return Array.from({ length: 73 }, (_, index): Point => {
    const angle = (index * Math.PI) / 36;
    return [
      centre[0] + Math.sqrt((2 * value) / curvature[0]) * Math.cos(angle),
      centre[1] + Math.sqrt((2 * value) / curvature[1]) * Math.sin(angle),
    ];
  });
}

/** A panel per weighter, three in a row. */
async function draw(titles: readonly string[], found: readonly Point[][][], to: string): Promise<void> {
  const [columns, size, gap] = [Math.min(3, titles.length), 300, 50];
  const rows = Math.ceil(titles.length / columns);
  const [width, height] = [columns * (size + gap) + gap, rows * (size + gap) + gap];
  const left = (index: number): number => gap + (index % columns) * (size + gap);
  const top = (index: number): number => gap + Math.floor(index / columns) * (size + gap);
  const line = (index: number, data: readonly Point[], color: string, thickness: number, opacity = 1) => ({
    type: 'line' as const,
    xAxisIndex: index,
    yAxisIndex: index,
    data: data.map((point) => [...point]),
    symbol: 'none',
    lineStyle: { color, width: thickness, opacity },
  });
  const dots = (index: number, data: readonly Point[], color: string, symbolSize: number) => ({
    type: 'scatter' as const,
    xAxisIndex: index,
    yAxisIndex: index,
    data: data.map((point) => [...point]),
    itemStyle: { color },
    symbolSize,
  });
  const axis = { interval: 1, splitLine: { show: false }, axisLine: { onZero: false, show: true } };
  const option = {
    title: titles.map((text, index) => ({
      text,
      left: left(index),
      top: top(index) - 30,
      textStyle: { fontSize: 15 },
    })),
    grid: titles.map((_, index) => ({ left: left(index), top: top(index), width: size, height: size })),
    xAxis: titles.map((_, index) => ({ ...axis, gridIndex: index, min: -2, max: 2 })),
    yAxis: titles.map((_, index) => ({ ...axis, gridIndex: index, min: -1, max: 3 })),
    series: found.flatMap((trajectories, index) => [
      ...[0.25, 1, 2.5, 5].flatMap((value) => [
        line(index, contour(tasks.first, value), '#1f77b4', 1, 0.25),
        line(index, contour(tasks.second, value), '#d62728', 1, 0.25),
      ]),
      line(index, front(), '#888888', 5, 0.5),
      ...trajectories.map((way) => line(index, way, '#222222', 1.5)),
      dots(index, starts, '#222222', 6),
      dots(
        index,
        trajectories.map((way) => way.at(-1)!),
        '#2ca02c',
        10,
      ),
    ]),
  };
  await writeChart(option, { width, height }, to);
}
