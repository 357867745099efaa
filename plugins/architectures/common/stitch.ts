import * as tf from '@tensorflow/tfjs';

/** What a cross-stitch unit's weights are numbers for. */
export type StitchUnit = 'channel' | 'scalar' | 'sum';

/** What a cross-stitch unit is, wherever it stands. */
export interface StitchUnitArgs {
  /**
   * `channel`: a weight for each pair of tasks and channel, [T, T, channels]; `scalar`: for each pair of tasks, [T, T];
   * `sum`: for each task, [T], with the same mixture for all.
   */
  readonly unit: StitchUnit;
  /** What the weight of a task's own map starts at. */
  readonly own: number;
  /** What the weights of the other tasks' maps start at. */
  readonly other: number;
}

/** As tfjs' own layers take them. */
export interface StitchArgs extends StitchUnitArgs {
  readonly name?: string;
}

/** Puts a cross-stitch unit into a graph → what each task goes on with. */
export function stitch(maps: readonly tf.SymbolicTensor[], args: StitchArgs): readonly tf.SymbolicTensor[] {
  const mixed = new CrossStitch(args).apply([...maps]) as tf.SymbolicTensor | tf.SymbolicTensor[];
  return Array.isArray(mixed) ? mixed : maps.map(() => mixed);
}

/**
 * Cross-stitch unit (Misra et al. 2016): x̃_t = Σ_j w_tj ⊙ x_j for the maps x_j of T tasks, one output per task; with `sum` one
 * output, Σ_j w_j x_j. Weights: `weights`.
 */
export class CrossStitch extends tf.layers.Layer {
  static readonly className = 'CrosstaskCrossStitch';
  private readonly args: StitchUnitArgs;
  private mixture: tf.LayerVariable | undefined;

  constructor({ name, unit, own, other }: StitchArgs) {
    super(name ? { name } : {});
    this.args = { unit, own, other };
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const shapes = inputShape as tf.Shape[];
    const { unit, own, other } = this.args;
    const tasks = shapes.length;
    const shape = { channel: [tasks, tasks, shapes[0]!.at(-1)!], scalar: [tasks, tasks], sum: [tasks] }[unit];
    this.mixture = this.addWeight('weights', shape, 'float32', tf.initializers.zeros());
    const channels = shape[2] ?? 1;
    const values = Array.from(
      { length: shape.reduce((product, length) => product * length, 1) },
      (_, place) => {
        const pair = Math.floor(place / channels);
        return unit === 'sum' || pair % tasks === Math.floor(pair / tasks) ? own : other;
      },
    );
    tf.tidy(() => void this.mixture!.write(tf.tensor(values, shape)));
    this.built = true;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape | tf.Shape[] {
    const shapes = inputShape as tf.Shape[];
    return this.args.unit === 'sum' ? shapes[0]! : shapes;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor | tf.Tensor[] {
    const maps = inputs as tf.Tensor[];
    const weights = this.mixture!.read();
    if (this.args.unit === 'sum') return mix(maps, tf.unstack(weights));
    return tf.unstack(weights).map((row) => mix(maps, tf.unstack(row)));
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.args };
  }
}

tf.serialization.registerClass(CrossStitch);

/** Σ_j w_j ⊙ x_j */
function mix(maps: readonly tf.Tensor[], weights: readonly tf.Tensor[]): tf.Tensor {
  return tf.addN(maps.map((map, index) => tf.mul(map, weights[index]!)));
}
