import type * as tf from '@tensorflow/tfjs';
import { OuterProduct } from './outer-product.js';
import {
  accumulate,
  ancestors,
  descendants,
  leadsOn,
  passThrough,
  take,
  type Flow,
  type TapeNode,
} from './tape-node.js';

/** Where a backward pass starts: a tensor of the forward pass and the gradient with respect to it. */
export interface Seed {
  readonly of: tf.Tensor;
  readonly gradient: tf.Tensor;
}

/** What a walk tells as it goes. */
export interface Visitor {
  /**
   * A wanted tensor's gradients, one per pass, as soon as they are complete; undefined where a pass does not reach it.
   * They are the visitor's from now on.
   */
  onGradients(index: number, gradients: readonly (tf.Tensor | undefined)[]): void;
  /** Takes gradients of dense layers that are not multiplied out yet. Whoever takes them keeps the tape until then. */
  onProduct?(index: number, product: OuterProduct): void;
  /** Whether what the forward pass kept for an operation can go, once the walk has passed it. */
  releases?(place: number): boolean;
}

/**
 * Several backward passes side by side, operation by operation: all gradients of a tensor are there at the same time and
 * need not be kept.
 * @param lanes the seeds of each pass
 */
export function walk(
  nodes: readonly TapeNode[],
  lanes: readonly (readonly Seed[])[],
  wanted: readonly tf.Tensor[],
  visitor: Visitor,
): void {
  const targets = new Targets(
    nodes,
    wanted,
    lanes.flatMap((seeds) => seeds.map(({ of }) => of)),
  );
  const flows = lanes.map(startOf);
  for (let place = nodes.length - 1; place >= 0; place--) {
    const node = nodes[place]!;
    const product = visitor.onProduct ? targets.productAt(place) : undefined;
    if (leadsOn(node)) {
      const isOnPath = (id: number): boolean =>
        targets.path.has(id) && (product === undefined || id !== wanted[product]!.id);
      for (const flow of flows)
        if (node.outputs.some(({ id }) => flow.has(id) && targets.leadsTo(id)))
          passThrough(node, flow, isOnPath);
    }
    if (product !== undefined) {
      const { id } = node.outputs[0]!;
      visitor.onProduct!(
        product,
        new OuterProduct(
          node,
          flows.map((flow) => take(flow, id)),
        ),
      );
    }
    for (const { id } of node.outputs)
      if (!targets.has(id)) for (const flow of flows) take(flow, id)?.dispose();
    for (const index of targets.completeAt(place))
      if (index !== product)
        visitor.onGradients(
          index,
          flows.map((flow) => take(flow, wanted[index]!.id)),
        );
    if (visitor.releases?.(place)) node.saved?.forEach((tensor) => tensor.dispose());
  }
  for (const index of targets.unused)
    visitor.onGradients(
      index,
      flows.map((flow) => take(flow, wanted[index]!.id)),
    );
  for (const flow of flows) for (const gradient of flow.values()) gradient.dispose();
}

function startOf(seeds: readonly Seed[]): Flow {
  const flow: Flow = new Map();
  for (const { of, gradient } of seeds) accumulate(flow, of.id, gradient.clone());
  return flow;
}

/** The tensors that a walk ends at. */
class Targets {
  /** Ids of what depends on them. */
  readonly path: ReadonlySet<number>;
  /** Those that no pass comes to. */
  readonly unused: readonly number[];
  private readonly indexOf: ReadonlyMap<number, number>;
  /** Which of them an operation is the first to read: walking back, their gradients are complete there. */
  private readonly complete = new Map<number, number[]>();
  private readonly uses: number[];

  constructor(
    private readonly nodes: readonly TapeNode[],
    wanted: readonly tf.Tensor[],
    starts: readonly tf.Tensor[],
  ) {
    this.indexOf = new Map(wanted.map(({ id }, index) => [id, index]));
    this.path = descendants(nodes, this.indexOf.keys());
    this.uses = wanted.map(() => 0);
    // tfjs also records casts that nothing is computed from.
    for (const place of ancestors(nodes, starts).places.toReversed()) {
      const node = nodes[place]!;
      for (const id of new Set(Object.values(node.inputs).map((input) => input.id))) {
        const index = this.indexOf.get(id);
        if (index === undefined) continue;
        if (this.uses[index]! === 0) this.complete.set(place, [...this.completeAt(place), index]);
        this.uses[index]! += 1;
      }
    }
    this.unused = wanted.flatMap((_, index) => (this.uses[index] === 0 ? [index] : []));
  }

  has(id: number): boolean {
    return this.indexOf.has(id);
  }

  /** Whether a walk goes on from a tensor. */
  leadsTo(id: number): boolean {
    return this.path.has(id) && !this.has(id);
  }

  completeAt(place: number): readonly number[] {
    return this.complete.get(place) ?? [];
  }

  /** The wanted matrix whose gradient is this operation's outer product alone. */
  productAt(place: number): number | undefined {
    const node = this.nodes[place]!;
    const index = this.indexOf.get(node.inputs.b?.id ?? -1);
    if (index === undefined || this.uses[index] !== 1 || !this.leadsTo(node.outputs[0]!.id)) return undefined;
    return OuterProduct.suits(node, node.inputs.b!.id) ? index : undefined;
  }
}
