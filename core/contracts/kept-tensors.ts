import * as tf from '@tensorflow/tfjs';
import { badValue, show } from '../errors.js';

/** Tensors that a part of a run remembers by name, beyond the tidy that they were made in, and saves with its state. */
export class KeptTensors {
  private readonly kept = new Map<string, tf.Tensor>();

  /**
   * @param owner named in the message about a shape, e.g. `the optimizer's`
   * @param pattern what their shape is that of, e.g. `its parameter's`
   */
  constructor(
    private readonly owner: string,
    private readonly pattern: string,
  ) {}

  get tensors(): Readonly<Record<string, tf.Tensor>> {
    return Object.fromEntries(this.kept);
  }

  /**
   * @param shape that it must have
   * @returns undefined where nothing of that name is kept
   * @throws MtlError `CHECKPOINT_INVALID` where a restored tensor has another shape
   */
  get(name: string, shape?: readonly number[]): tf.Tensor | undefined {
    const tensor = this.kept.get(name);
    if (tensor && shape && !tf.util.arraysEqual(tensor.shape, shape as number[])) {
      throw badValue('CHECKPOINT_INVALID', {
        what: `${this.owner} "${name}"`,
        expected: `${this.pattern} shape ${show(shape)}`,
        found: show(tensor.shape),
        fix: 'resume with the model that the checkpoint was written for',
      });
    }
    return tensor;
  }

  /** Takes the tensor over; the one before is freed. */
  set(name: string, tensor: tf.Tensor): void {
    this.kept.get(name)?.dispose();
    this.kept.set(name, tf.keep(tensor));
  }

  /** Replaces everything by copies. */
  restore(tensors: Readonly<Record<string, tf.Tensor>>): void {
    const copies = Object.entries(tensors).map(([name, tensor]) => [name, tf.keep(tensor.clone())] as const);
    this.dispose();
    for (const [name, copy] of copies) this.kept.set(name, copy);
  }

  /** Frees all that is kept. */
  dispose(): void {
    for (const tensor of this.kept.values()) tensor.dispose();
    this.kept.clear();
  }
}
