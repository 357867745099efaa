import type * as tf from '@tensorflow/tfjs';
import { ancestors, descendants, type TapeNode } from './tape-node.js';

/** Where the ways of several results part. */
export interface Fork {
  /** What leads from operations that several results depend on to those that one alone depends on. */
  readonly tensors: readonly tf.Tensor[];
  /** The one result that an operation belongs to, by its place on the tape; null: several, undefined: none. */
  readonly owners: readonly (number | null | undefined)[];
  /** By result, the parameters that it alone depends on, in the order in which the operations read them. */
  readonly own: readonly (readonly tf.Tensor[])[];
  /** How many of the results depend on a tensor. */
  countOf(tensor: tf.Tensor): number;
}

/** @param parameters what is to be differentiated by; tensors that do not depend on them are left out */
export function forkOf(
  nodes: readonly TapeNode[],
  results: readonly tf.Tensor[],
  parameters: readonly tf.Tensor[],
): Fork {
  const owners = nodes.map((): number | null | undefined => undefined);
  const counts = new Map<number, number>();
  results.forEach((result, index) => {
    const { ids, places } = ancestors(nodes, [result]);
    for (const place of places) owners[place] = owners[place] === undefined ? index : null;
    for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  });
  const named = new Set(parameters.map(({ id }) => id));
  const path = descendants(nodes, named);
  const made = new Set(
    nodes.flatMap(({ outputs }, place) => (owners[place] === null ? outputs.map(({ id }) => id) : [])),
  );
  const isShared = ({ id }: tf.Tensor): boolean =>
    path.has(id) && (made.has(id) || (named.has(id) && counts.get(id)! > 1));
  const read = nodes.flatMap(({ inputs }, place) =>
    typeof owners[place] === 'number' ? Object.values(inputs).filter(isShared) : [],
  );
  const tensors = new Map([...read, ...results.filter(isShared)].map((tensor) => [tensor.id, tensor]));
  const own = results.map((_, index) =>
    nodes
      .flatMap(({ inputs }, place) => (owners[place] === index ? Object.values(inputs) : []))
      .filter(({ id }) => named.has(id) && counts.get(id) === 1),
  );
  return {
    tensors: [...tensors.values()],
    owners,
    own: own.map((read) => [...new Map(read.map((tensor) => [tensor.id, tensor])).values()]),
    countOf: ({ id }) => counts.get(id) ?? 0,
  };
}
