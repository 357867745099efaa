import { badValue, messageOf } from '../../errors.js';
import { GraphBuilder, shape, type as dtype, type Graph } from './graph.js';
import { operations } from './operations.js';
import { inputValue, type Operand, type Step, type Trace } from './trace.js';

/**
 * What was traced, in TensorFlow's operations.
 * @param input its name, and its shape, −1 for a length that may be any
 * @throws MtlError `EXPORT_UNSUPPORTED` naming an operation that has no counterpart
 */
export function convert(
  { steps, outputs }: Trace,
  input: { readonly name: string; readonly shape: readonly number[] },
): Graph {
  const graph = new GraphBuilder();
  const names = new Map([[inputValue, input.name]]);
  graph.add('Placeholder', [], { dtype: dtype('float32'), shape: shape(input.shape) }, input.name);
  /** The same constant is stored once, whoever uses it. */
  const constants = new Map<object, string>();
  const named = (operand: Operand): string => {
    if (operand.kind === 'value') return names.get(operand.value)!;
    const { constant, name } = operand;
    const known = constants.get(constant) ?? graph.constant(constant, name);
    constants.set(constant, known);
    return known;
  };
  for (const step of steps) {
    const inputs = Object.fromEntries(
      Object.entries(step.inputs).map(([name, operand]) => [name, named(operand)]),
    );
    const added = [operation(step, inputs, graph)].flat();
    step.values.forEach((value, index) => names.set(value, added[index]!));
  }
  for (const [name, operand] of Object.entries(outputs)) graph.add('Identity', [named(operand)], {}, name);
  return graph;
}

function operation(
  step: Step,
  inputs: Readonly<Record<string, string>>,
  graph: GraphBuilder,
): string | readonly string[] {
  const add = Object.hasOwn(operations, step.kernel) ? operations[step.kernel] : undefined;
  try {
    if (!add) throw new Error('it has no counterpart among the operations that are written');
    return add({ step, inputs, graph });
  } catch (error) {
    throw badValue(
      'EXPORT_UNSUPPORTED',
      {
        what: 'mtl export --format tfjs',
        expected: 'a network of convolutions, poolings, resizings and arithmetic',
        found: `the operation ${step.kernel}, which cannot be exported: ${messageOf(error)}`,
        fix: 'use another layer in that part of the network, or export it as safetensors',
      },
      { cause: error },
    );
  }
}
