import type * as tf from '@tensorflow/tfjs';
import type { Features, FeatureShapes, NamedState, Network, Stateful, Task } from '../contracts/index.js';
import { restoreVariables } from '../contracts/restore.js';
import { namedWeights } from '../layers/index.js';
import type { Cycled, Transferred } from '../objective/index.js';
import { transferAlong, type TransferEdge } from './transfer-edge.js';

/** What one forward pass gives. */
export interface Predictions {
  /** ŷ_t by task */
  readonly direct: Readonly<Record<string, tf.Tensor4D>>;
  readonly transferred: readonly Transferred[];
  /** Of every pair of edges t → s, s → t the way there and back; absent where they were not asked for. */
  readonly cycled?: readonly Cycled[];
  /** Where they were asked for and the architecture has them. */
  readonly features?: Features | undefined;
}

/** What is computed in a forward pass. */
export interface ForwardOptions {
  /** Whether batch norm uses and updates batch statistics, and dropout drops. */
  readonly training: boolean;
  /** False skips the transfer nets: predictions alone need none. */
  readonly transfer: boolean;
  /** Whether what was transferred goes back, too. Default false. */
  readonly cycles?: boolean;
  /** The training's, for what is drawn at random in it. Default 0. */
  readonly step?: number;
  /** Whether the tasks' features are wanted, too. Default false. */
  readonly features?: boolean;
}

/** A run's whole model: the architecture's network and the transfer nets on top of it. */
export class Model implements Stateful {
  /** All parts by name: the network's, and `transfer.FROM-TO`. */
  readonly parts: Readonly<Record<string, tf.LayersModel>>;
  /** Trainable variables by name. */
  readonly parameters: Readonly<Record<string, tf.Variable>>;
  /** Batch norm's moving statistics by name. */
  readonly statistics: Readonly<Record<string, tf.Variable>>;
  /** Parameters, by name, that a file to start from may lack; see `Network`. */
  readonly dispensable: ReadonlySet<string>;
  /** Parameters and statistics. */
  private readonly variables: Readonly<Record<string, tf.Variable>>;

  constructor(
    readonly tasks: readonly Task[],
    private readonly network: Network,
    readonly edges: readonly TransferEdge[],
  ) {
    this.parts = { ...network.parts, ...Object.fromEntries(edges.map(({ net }) => [net.name, net])) };
    const weights = Object.entries(this.parts).flatMap(([part, model]) => namedWeights(part, model));
    const variables = ([name, weight]: (typeof weights)[number]) =>
      [name, weight.read() as tf.Variable] as const;
    this.variables = Object.fromEntries(weights.map(variables));
    const those = (trained: boolean) =>
      Object.fromEntries(weights.filter(([, { trainable }]) => trainable === trained).map(variables));
    [this.parameters, this.statistics] = [those(true), those(false)];
    this.dispensable = new Set(network.dispensable);
  }

  /** Shapes of the tasks' features; undefined where the architecture does not give them. */
  get featureShapes(): FeatureShapes | undefined {
    return this.network.featureShapes;
  }

  /**
   * The tasks' direct predictions for a batch of images, and the transferred ones.
   * @param image [batch, height, width, 3], normalised
   */
  forward(
    image: tf.Tensor4D,
    { training, transfer, cycles = false, step = 0, features: wanted = false }: ForwardOptions,
  ): Predictions {
    const { direct, features } = this.network.forward(image, { training, step, features: wanted });
    const transferred = (transfer ? this.edges : []).map((edge) => ({
      from: edge.from,
      to: edge.to,
      prediction: transferAlong(edge, direct[edge.from.name]!, training),
    }));
    if (!cycles) return { direct, transferred, features };
    const cycled = transferred.flatMap(({ from: task, to: through, prediction }) => {
      const back = this.edges.find(({ from, to }) => from === through && to === task);
      return back ? [{ task, through, prediction: transferAlong(back, prediction, training) }] : [];
    });
    return { direct, transferred, cycled, features };
  }

  get state(): NamedState {
    return { tensors: this.variables, values: {} };
  }

  restore(state: NamedState): void {
    restoreVariables(this.variables, state.tensors, 'model');
  }

  /** Frees all parameters. */
  dispose(): void {
    for (const part of Object.values(this.parts)) {
      // tfjs counts every place that a layer stands at, and a model's own dispose takes back one of them.
      for (const layer of part.layers)
        for (let place = 1; place < layer.inboundNodes.length; place++) layer.dispose();
      part.dispose();
    }
  }
}
