import * as tf from '@tensorflow/tfjs';
import { Averager } from '../world/averager.js';
import { forkOf, type Fork } from './fork.js';
import { ancestors, type TapeNode } from './tape-node.js';
import { walk, type Seed, type Visitor } from './walk.js';

/** The part of tfjs' engine that records; its own `grads` and `variableGrads` stand on the same three members. */
interface Recorder {
  startTape(): void;
  endTape(): void;
  readonly state: { readonly activeTape: TapeNode[] };
}

/**
 * One recorded forward pass that can be walked backwards any number of times: T gradients cost one forward and T
 * backward passes. (`tf.variableGrads` runs the forward pass anew for each.)
 */
export class Tape {
  private constructor(private readonly nodes: TapeNode[]) {}

  /** Runs a function and records it. What it does not return is freed, but for what the gradients need. */
  static record<T extends object>(forward: () => T): { tape: Tape; result: T } {
    const engine = tf.engine() as unknown as Recorder;
    engine.startTape();
    const recorded = engine.state.activeTape;
    try {
      const result = tf.tidy(forward as () => tf.TensorContainer) as T;
      return { tape: new Tape(recorded.slice()), result };
    } catch (error) {
      new Tape(recorded).dispose();
      throw error;
    } finally {
      engine.endTape();
    }
  }

  /** Which of the tensors have an influence on `y`. */
  reached(y: tf.Tensor, tensors: readonly tf.Tensor[]): boolean[] {
    const { ids } = ancestors(this.nodes, [y]);
    return tensors.map(({ id }) => ids.has(id));
  }

  /** Where the ways of several results part. */
  fork(results: readonly tf.Tensor[], parameters: readonly tf.Tensor[]): Fork {
    return forkOf(this.nodes, results, parameters);
  }

  /**
   * Σ over the seeds of their gradient with respect to each wanted tensor; undefined where none reaches it. The
   * wanted tensors are taken as independent of each other: a walk ends at them, even where one is computed from
   * another, as an encoder's features are. The caller owns the result. Among several ranks it is averaged over them while the
   * walk goes on: what is wanted there are parameters, which all ranks have in common.
   * @param release frees what the forward pass kept as soon as it is used: for the last walk
   */
  backward(seeds: readonly Seed[], wanted: readonly tf.Tensor[], release = false): (tf.Tensor | undefined)[] {
    const found = wanted.map((): tf.Tensor | undefined => undefined);
    const averager = new Averager<number>((index, [gradient]) => (found[index] = gradient));
    this.walk([seeds], wanted, {
      onGradients: (index, gradients) => averager.add(index, gradients),
      releases: () => release,
    });
    averager.finish();
    return found;
  }

  /** Several backward passes at once, each as in `backward`. */
  walk(lanes: readonly (readonly Seed[])[], wanted: readonly tf.Tensor[], visitor: Visitor): void {
    walk(this.nodes, lanes, wanted, visitor);
  }

  /** Frees what is left of the forward pass. */
  dispose(): void {
    for (const { saved } of this.nodes) saved?.forEach((tensor) => tensor.dispose());
    this.nodes.length = 0;
  }
}
