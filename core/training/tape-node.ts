import * as tf from '@tensorflow/tfjs';
import { isStopped } from '../objective/stop-gradient.js';

/** One recorded operation, as tfjs keeps it. */
export interface TapeNode {
  readonly kernelName: string;
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  readonly outputs: readonly tf.Tensor[];
  /** Clones that the gradient needs; the tape's own. */
  readonly saved?: readonly tf.Tensor[];
  readonly gradient?: (dys: tf.Tensor[]) => Readonly<Record<string, () => tf.Tensor>>;
}

/** Gradients of a pass so far, by the id of the tensor that they are with respect to. */
export type Flow = Map<number, tf.Tensor>;

/** Whether a gradient passes through an operation. */
export function leadsOn(node: TapeNode): boolean {
  return node.gradient !== undefined && !node.outputs.some(isStopped);
}

/** Ids of tensors and of everything computed from them. */
export function descendants(nodes: readonly TapeNode[], of: Iterable<number>): ReadonlySet<number> {
  const ids = new Set(of);
  for (const node of nodes) {
    if (!leadsOn(node) || !Object.values(node.inputs).some(({ id }) => ids.has(id))) continue;
    for (const { id } of node.outputs) ids.add(id);
  }
  return ids;
}

/** Ids of tensors and of everything that they were computed from, and the places of the operations between. */
export function ancestors(
  nodes: readonly TapeNode[],
  of: readonly tf.Tensor[],
): { readonly ids: ReadonlySet<number>; readonly places: readonly number[] } {
  const ids = new Set(of.map(({ id }) => id));
  const places: number[] = [];
  for (let place = nodes.length - 1; place >= 0; place--) {
    const node = nodes[place]!;
    if (!leadsOn(node) || !node.outputs.some(({ id }) => ids.has(id))) continue;
    places.push(place);
    for (const { id } of Object.values(node.inputs)) ids.add(id);
  }
  return { ids, places };
}

/** Adds a gradient, which is given away. */
export function accumulate(flow: Flow, id: number, gradient: tf.Tensor): void {
  const sum = flow.get(id);
  if (!sum) {
    flow.set(id, gradient);
    return;
  }
  flow.set(id, tf.add(sum, gradient));
  sum.dispose();
  gradient.dispose();
}

/** Takes a gradient out of a pass. */
export function take(flow: Flow, id: number): tf.Tensor | undefined {
  const gradient = flow.get(id);
  flow.delete(id);
  return gradient;
}

/** Carries a pass over an operation, to those of its inputs that are on the path. */
export function passThrough(node: TapeNode, flow: Flow, isOnPath: (id: number) => boolean): void {
  const inputs = Object.entries(node.inputs).filter(([, { id }]) => isOnPath(id));
  const found = tf.tidy(() => {
    const dys = node.outputs.map((output) => flow.get(output.id) ?? tf.fill(output.shape, 0));
    const thunks = node.gradient!(dys);
    // A gradient that is its own dy would be freed with it.
    return inputs.map(([name]) => {
      const dx = thunks[name]!();
      return dys.includes(dx) ? dx.clone() : dx;
    });
  });
  inputs.forEach(([, { id }], index) => accumulate(flow, id, found[index]!));
}
