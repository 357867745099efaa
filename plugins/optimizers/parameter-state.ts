import * as tf from '@tensorflow/tfjs';
import { badValue, KeptTensors, show, type MtlError, type NamedGradients } from '../../core/index.js';

/** One parameter with its gradient, of the same shape. */
export interface Update {
  readonly name: string;
  readonly parameter: tf.Variable;
  readonly gradient: tf.Tensor;
}

/**
 * The parameters that have a gradient.
 * @throws MtlError `SHAPE_MISMATCH` for a gradient of no parameter, or of another shape than its parameter: tfjs
 *   would broadcast it without a word.
 */
export function pairUpdates(
  parameters: Readonly<Record<string, tf.Variable>>,
  gradients: NamedGradients,
): readonly Update[] {
  return Object.entries(gradients).map(([name, gradient]) => {
    const parameter = parameters[name];
    if (!parameter) {
      throw badValue('SHAPE_MISMATCH', {
        what: `the gradient "${name}"`,
        expected: 'the name of a parameter',
        found: 'none of that name',
      });
    }
    if (!tf.util.arraysEqual(parameter.shape, gradient.shape)) {
      throw badValue('SHAPE_MISMATCH', {
        what: `the gradient "${name}"`,
        expected: `its parameter's shape ${show(parameter.shape)}`,
        found: show(gradient.shape),
      });
    }
    return { name, parameter, gradient };
  });
}

/** What an optimizer remembers of each parameter: tensors of the parameter's shape, named `<parameter>/<slot>`. */
export class ParameterState {
  private readonly kept = new KeptTensors("the optimizer's", "its parameter's");

  /** @param slots that every parameter with a state has, e.g. `m` and `v` */
  constructor(private readonly slots: readonly string[]) {}

  get tensors(): Readonly<Record<string, tf.Tensor>> {
    return this.kept.tensors;
  }

  /**
   * The tensor of a slot; undefined before the parameter's first step.
   * @throws MtlError `CHECKPOINT_INVALID` where a restored tensor has another shape than the parameter.
   */
  get(parameter: string, slot: string, shape: readonly number[]): tf.Tensor | undefined {
    return this.kept.get(`${parameter}/${slot}`, shape);
  }

  /** Takes the tensor over; the one before is freed. */
  set(parameter: string, slot: string, tensor: tf.Tensor): void {
    this.kept.set(`${parameter}/${slot}`, tensor);
  }

  /**
   * The parameters that a saved state is of.
   * @throws MtlError `CHECKPOINT_INVALID` where a name is not one of this optimizer's, or a parameter lacks a slot.
   */
  parametersOf(tensors: Readonly<Record<string, tf.Tensor>>): readonly string[] {
    const parameters = Object.keys(tensors).map((key) => {
      const slash = key.lastIndexOf('/'); // a parameter's own name may hold slashes
      const parameter = key.slice(0, slash);
      const complete = this.slots.every((slot) => tensors[`${parameter}/${slot}`]);
      if (complete && this.slots.includes(key.slice(slash + 1))) return parameter;
      throw foreignState(
        this.slots.map((slot) => `"${parameter}/${slot}"`).join(' and ') || 'no tensors',
        key,
      );
    });
    return [...new Set(parameters)];
  }

  /** Replaces everything by copies. Throws as `parametersOf` does. */
  restore(tensors: Readonly<Record<string, tf.Tensor>>): void {
    this.parametersOf(tensors);
    this.kept.restore(tensors);
  }

  dispose(): void {
    this.kept.dispose();
  }
}

/** What a restored state has and this optimizer has not, or the other way round. */
export function foreignState(expected: string, found: string): MtlError {
  return badValue('CHECKPOINT_INVALID', {
    what: "the optimizer's saved state",
    expected,
    found: show(found),
    fix: 'resume with the optimizer and options that the checkpoint was written with',
  });
}

/**
 * One op after another, each result freed as soon as the next one is there: the next allocation gets memory that
 * is still in the cache. `start` stays as it is.
 */
export function chain(start: tf.Tensor, ...ops: readonly ((x: tf.Tensor) => tf.Tensor)[]): tf.Tensor {
  let current = start;
  for (const op of ops) {
    const next = op(current);
    if (current !== start) current.dispose();
    current = next;
  }
  return current;
}

/** Gives the parameter its new value, which is used up. */
export function assign(parameter: tf.Variable, value: tf.Tensor): void {
  parameter.assign(value);
  value.dispose();
}
