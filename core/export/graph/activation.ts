import type { GraphBuilder } from './graph.js';

const operations: Readonly<Record<string, string>> = {
  relu: 'Relu',
  relu6: 'Relu6',
  elu: 'Elu',
  sigmoid: 'Sigmoid',
};

/**
 * A kernel's own bias and activation, as operations of their own; `fuse` puts those of convolutions together again.
 * @throws Error that says why it cannot be exported
 */
export function biasAndActivation(
  graph: GraphBuilder,
  value: string,
  bias: string | undefined,
  activation: string | null | undefined,
): string {
  const sum = bias === undefined ? value : graph.add('AddV2', [value, bias]);
  if (activation === undefined || activation === null || activation === 'linear') return sum;
  const operation = operations[activation];
  if (operation === undefined) throw new Error(`its activation is ${activation}`);
  return graph.add(operation, [sum]);
}
