/**
 * The weighters in a model of one's own, without images and without a config: three regressions from the same ten
 * numbers, of very different scales. Trains once with each of several weighters and prints how well each task was learnt.
 *
 *     node dist/examples/weighters-anywhere.js uncertainty pcgrad cagrad
 */
import * as tf from '@tensorflow/tfjs';
import { createPart } from 'crosstask';
import { wasm } from 'crosstask/plugins';
import { createWeighter, minimize } from 'crosstask/weighters';

const names = process.argv.slice(2);
const tasks = ['small', 'large', 'curved'];
const steps = 300;

await createPart(wasm, { threads: 1 }).start(); // or any other tfjs backend
const x = tf.randomUniform([256, 10], -1, 1, 'float32', 1);
const truths = targets(x as tf.Tensor2D);

for (const name of names.length > 0 ? names : ['equal', 'uncertainty', 'imtl', 'dbMtl', 'nashMtl']) {
  const model = network();
  // What switches the weighter:
  const weighter = createWeighter(name, { tasks });
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const optimizer = tf.train.adam(0.01);
  for (let step = 0; step < steps; step++)
    await minimize(() => losses(model), { weighter, variables, optimizer });
  console.log(`${name}: ${(await explained(model)).join(', ')}`);
  weighter.dispose();
  optimizer.dispose();
  model.dispose();
}

/** A trunk for all tasks and a head for each. */
function network(): tf.LayersModel {
  const seeded = (seed: number) => tf.initializers.glorotUniform({ seed });
  const input = tf.input({ shape: [10] });
  const trunk = tf.layers.dense({ units: 32, activation: 'relu', kernelInitializer: seeded(1) }).apply(input);
  const heads = tasks.map((_, index) =>
    tf.layers.dense({ units: 1, kernelInitializer: seeded(2 + index) }).apply(trunk),
  );
  return tf.model({ inputs: input, outputs: heads as tf.SymbolicTensor[] });
}

/** Three things that depend on the same numbers. [samples, 1] each */
function targets(of: tf.Tensor2D): readonly tf.Tensor[] {
  return tf.tidy(() => {
    const [sum, contrast] = [
      tf.sum(of, 1, true),
      tf.sub(of.slice([0, 0], [-1, 1]), of.slice([0, 1], [-1, 1])),
    ];
    return [tf.mul(sum, 0.1), tf.mul(tf.sub(sum, contrast), 10), tf.abs(contrast)];
  });
}

/** Mean squared errors by task. */
function losses(model: tf.LayersModel): Record<string, tf.Scalar> {
  const predictions = model.apply(x, { training: true }) as tf.Tensor[];
  return Object.fromEntries(
    tasks.map((task, index) => [
      task,
      tf.mean<tf.Scalar>(tf.squaredDifference(truths[index]!, predictions[index]!)),
    ]),
  );
}

/** R² by task, in words. */
async function explained(model: tf.LayersModel): Promise<string[]> {
  const shares = tf.tidy(() => {
    const errors = tf.stack(Object.values(losses(model)));
    return tf.sub(1, tf.div(errors, tf.stack(truths.map((truth) => tf.moments(truth).variance))));
  });
  const values = await shares.data();
  shares.dispose();
  return tasks.map((task, index) => `${task} ${(100 * values[index]!).toFixed(0)} %`);
}
