import * as tf from '@tensorflow/tfjs';
import type { Constant } from './graph.js';

/** A value that depends on the input, as `step:output`; or one that does not. */
export type Operand =
  | {
      readonly kind: 'value';
      readonly value: string;
      readonly shape: readonly number[];
      readonly dtype: Constant['dtype'];
    }
  | { readonly kind: 'constant'; readonly name: string | undefined; readonly constant: Constant };

/** A kernel that ran. */
export interface Step {
  readonly kernel: string;
  readonly inputs: Readonly<Record<string, Operand>>;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Of its outputs. */
  readonly values: readonly string[];
}

export interface Trace {
  readonly steps: readonly Step[];
  readonly outputs: Readonly<Record<string, Operand>>;
}

/** The name of what goes in. */
export const inputValue = 'input';

interface Seen extends Omit<Step, 'inputs'> {
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
}

/**
 * Writes down which kernels a computation runs, between its input and its outputs. What does not depend on the input
 * (the factor of a batch norm, say) is computed once and becomes a constant.
 * @param names of tensors that are constants, by their ids
 * @param run must compute from the tensor alone: what it reads from it by `data` is not seen
 */
export async function trace(
  input: tf.Tensor,
  run: () => Readonly<Record<string, tf.Tensor>>,
  names: ReadonlyMap<number, string>,
): Promise<Trace> {
  const recorder = new Recorder(input);
  try {
    const outputs = tf.tidy(() => {
      const given = recorder.record(run);
      recorder.hold(Object.values(given));
      return given;
    });
    const operand = await recorder.operands(names);
    const operands = (tensors: Readonly<Record<string, tf.Tensor>>): Record<string, Operand> =>
      Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, operand(tensor)]));
    const traced = {
      steps: recorder.steps.map((step) => ({ ...step, inputs: operands(step.inputs) })),
      outputs: operands(outputs),
    };
    tf.dispose(outputs);
    return traced;
  } finally {
    recorder.dispose();
  }
}

class Recorder {
  readonly steps: Seen[] = [];
  /** What depends on the input, by the tensor's id. */
  private readonly values: Map<number, string>;
  /** Copies of what does not, by the tensor's id: the tensors themselves may be gone before they are read. */
  private readonly held = new Map<number, tf.Tensor>();

  constructor(input: tf.Tensor) {
    this.values = new Map([[input.id, inputValue]]);
  }

  /** Runs something; every op that it calls passes through the engine's `runKernel`. */
  record<T>(run: () => T): T {
    const engine = tf.engine();
    const original = engine.runKernel.bind(engine) as (...args: unknown[]) => tf.Tensor | tf.Tensor[];
    let depth = 0;
    const recorded = (
      kernel: string,
      inputs: Record<string, tf.Tensor>,
      attributes: object = {},
    ): unknown => {
      depth++;
      try {
        const result = original(kernel, inputs, attributes);
        // A kernel that calls others is one step.
        if (depth === 1) this.add(kernel, inputs, attributes, Array.isArray(result) ? result : [result]);
        return result;
      } finally {
        depth--;
      }
    };
    Object.assign(engine, { runKernel: recorded });
    try {
      return run();
    } finally {
      Reflect.deleteProperty(engine, 'runKernel');
    }
  }

  private add(
    kernel: string,
    given: Readonly<Record<string, tf.Tensor | undefined>>,
    attributes: object,
    outputs: readonly tf.Tensor[],
  ): void {
    const present = Object.entries(given).filter((entry): entry is [string, tf.Tensor] => entry[1] != null);
    const inputs = Object.fromEntries(present);
    if (present.every(([, { id }]) => !this.values.has(id))) return;
    const values = outputs.map((tensor, index) => {
      const value = `${this.steps.length}:${index}`;
      this.values.set(tensor.id, value);
      return value;
    });
    this.hold(present.map(([, tensor]) => tensor));
    this.steps.push({ kernel, inputs, attributes: { ...attributes }, values });
  }

  /** Keeps what may be gone before it is read. */
  hold(tensors: readonly tf.Tensor[]): void {
    for (const tensor of tensors) {
      if (this.values.has(tensor.id) || this.held.has(tensor.id)) continue;
      this.held.set(tensor.id, tf.keep(tensor.clone()));
    }
  }

  /** Reads the constants. */
  async operands(names: ReadonlyMap<number, string>): Promise<(tensor: tf.Tensor) => Operand> {
    const constants = new Map<number, Constant>();
    for (const [id, tensor] of this.held) {
      const data = await tensor.data<Constant['dtype']>();
      constants.set(id, {
        dtype: tensor.dtype as Constant['dtype'],
        shape: tensor.shape,
        data: data.slice(),
      });
    }
    return ({ id, shape, dtype }) => {
      const value = this.values.get(id);
      return value === undefined
        ? { kind: 'constant', name: names.get(id), constant: constants.get(id)! }
        : { kind: 'value', value, shape, dtype: dtype as Constant['dtype'] };
    };
  }

  dispose(): void {
    tf.dispose([...this.held.values()]);
  }
}
