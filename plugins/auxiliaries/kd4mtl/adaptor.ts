import * as tf from '@tensorflow/tfjs';
import { Conv2d, initialize, namedWeights, type KernelScale, type TaskMaps } from '../../../core/index.js';

type Shapes = TaskMaps<readonly [number, number, number]>;

export interface AdaptorArgs {
  readonly task: string;
  /** Of the student's maps. */
  readonly from: Shapes;
  /** Of the teacher's, which have the same heights and widths. */
  readonly to: Shapes;
  readonly seed: number;
  readonly initialize: boolean;
}

/** PyTorch's own start, which the published code keeps: uniform in ±1/√fan-in. */
const torchDefault: KernelScale = ([, , input]) => 1 / Math.sqrt(3 * input!);

/**
 * `adaptor.TASK`: a 1×1 convolution without bias for each of the student's two maps, to the teacher's channels.
 * [bottleneck, decoded] → the same, adapted.
 */
export function adaptor({ task, from, to, seed, initialize: fresh }: AdaptorArgs): tf.LayersModel {
  const name = `adaptor.${task}`;
  const pairs = (['bottleneck', 'decoded'] as const).map((map) => {
    const input = tf.input({ shape: [...from[map]], name: `student.${map}` });
    const conv = new Conv2d({ name: map, filters: to[map][2], kernelSize: 1, useBias: false });
    return { input, output: conv.apply(input) as tf.SymbolicTensor };
  });
  const model = tf.model({
    inputs: pairs.map(({ input }) => input),
    outputs: pairs.map(({ output }) => output),
    name,
  });
  if (fresh) initialize(name, model, torchDefault, seed, 'uniform');
  return model;
}

/** Their parameters by name: `adaptor.TASK.bottleneck.kernel`, [1, 1, in, out]. */
export function adaptorParameters(adaptors: readonly tf.LayersModel[]): Record<string, tf.Variable> {
  return Object.fromEntries(
    adaptors
      .flatMap((model) => namedWeights(model.name, model))
      .map(([name, weight]) => [name, weight.read() as tf.Variable]),
  );
}
