import * as tf from '@tensorflow/tfjs';
import { isStopped } from '../objective/stop-gradient.js';

/** One recorded operation, as tfjs keeps it. */
interface TapeNode {
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  readonly outputs: readonly tf.Tensor[];
  /** Clones that the gradient needs; the tape's own. */
  readonly saved?: readonly tf.Tensor[];
  readonly gradient?: (dys: tf.Tensor[]) => Readonly<Record<string, () => tf.Tensor>>;
}

/** The part of tfjs' engine that records; its own `grads` and `variableGrads` stand on the same three members. */
interface Recorder {
  startTape(): void;
  endTape(): void;
  readonly state: { readonly activeTape: TapeNode[] };
}

/** Where a backward pass starts: a tensor of the forward pass and the gradient with respect to it. */
export interface Seed {
  readonly of: tf.Tensor;
  readonly gradient: tf.Tensor;
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
    const ids = new Set([y.id]);
    for (const node of this.nodes.toReversed()) {
      if (!leadsOn(node) || !node.outputs.some(({ id }) => ids.has(id))) continue;
      for (const { id } of Object.values(node.inputs)) ids.add(id);
    }
    return tensors.map(({ id }) => ids.has(id));
  }

  /**
   * Σ over the seeds of their gradient with respect to each wanted tensor; undefined where none reaches it. The
   * wanted tensors are taken as independent of each other: a walk ends at them, even where one is computed from
   * another, as an encoder's features are. The caller owns the result.
   * @param release frees what the forward pass kept as soon as it is used: for the last walk
   */
  backward(seeds: readonly Seed[], wanted: readonly tf.Tensor[], release = false): (tf.Tensor | undefined)[] {
    const wantedIds = new Set(wanted.map(({ id }) => id));
    const path = this.descendants(wantedIds);
    const gradients = new Map<number, tf.Tensor>();
    for (const { of, gradient } of seeds) accumulate(gradients, of.id, gradient.clone());
    for (let index = this.nodes.length - 1; index >= 0; index--) {
      const node = this.nodes[index]!;
      if (
        leadsOn(node) &&
        node.outputs.some(({ id }) => gradients.has(id) && path.has(id) && !wantedIds.has(id))
      ) {
        for (const [id, gradient] of inputGradients(node, gradients, path))
          accumulate(gradients, id, gradient);
      }
      for (const { id } of node.outputs) {
        if (wantedIds.has(id)) continue;
        gradients.get(id)?.dispose();
        gradients.delete(id);
      }
      if (release) {
        node.saved?.forEach((tensor) => tensor.dispose());
        this.nodes.length = index;
      }
    }
    const result = wanted.map(({ id }) => gradients.get(id));
    for (const [id, gradient] of gradients) if (!wantedIds.has(id)) gradient.dispose();
    return result;
  }

  dispose(): void {
    for (const { saved } of this.nodes) saved?.forEach((tensor) => tensor.dispose());
    this.nodes.length = 0;
  }

  /** Ids of tensors and of everything computed from them. */
  private descendants(of: ReadonlySet<number>): ReadonlySet<number> {
    const ids = new Set(of);
    for (const node of this.nodes) {
      if (!leadsOn(node) || !Object.values(node.inputs).some(({ id }) => ids.has(id))) continue;
      for (const { id } of node.outputs) ids.add(id);
    }
    return ids;
  }
}

/** Whether a gradient passes through an operation. */
function leadsOn(node: TapeNode): boolean {
  return node.gradient !== undefined && !node.outputs.some(isStopped);
}

function accumulate(gradients: Map<number, tf.Tensor>, id: number, gradient: tf.Tensor): void {
  const sum = gradients.get(id);
  if (!sum) {
    gradients.set(id, gradient);
    return;
  }
  gradients.set(id, tf.add(sum, gradient));
  sum.dispose();
  gradient.dispose();
}

/** The gradients of those inputs of an operation that lie on the path. */
function inputGradients(
  node: TapeNode,
  gradients: ReadonlyMap<number, tf.Tensor>,
  path: ReadonlySet<number>,
): [id: number, gradient: tf.Tensor][] {
  const inputs = Object.entries(node.inputs).filter(([, { id }]) => path.has(id));
  const found = tf.tidy(() => {
    const dys = node.outputs.map((output) => gradients.get(output.id) ?? tf.zeros(output.shape));
    const thunks = node.gradient!(dys);
    // A gradient that is its own dy would be freed with it.
    return inputs.map(([name]) => {
      const dx = thunks[name]!();
      return dys.includes(dx) ? dx.clone() : dx;
    });
  });
  return inputs.map(([, { id }], index) => [id, found[index]!]);
}
