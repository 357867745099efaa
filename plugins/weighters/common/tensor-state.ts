import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { badValue, show, type NamedGradients } from '../../../core/index.js';

/** The scopes of a method that remembers gradients: features are others in every batch. */
export const rememberedScope = z
  .union([z.enum(['shared', 'all']), z.array(z.string()).min(1)])
  .default('shared')
  .describe(
    'What is looked at and remembered: the parameters that several tasks share, all parameters, or those of a list ' +
      'of names (* at the end: any rest).',
  );

/** What a method remembers of each task's gradient: tensors of the gradient's shape, named `<task index>/<name>`. */
export class TensorState {
  private readonly kept = new Map<string, tf.Tensor>();

  get tensors(): Readonly<Record<string, tf.Tensor>> {
    return Object.fromEntries(this.kept);
  }

  /**
   * The tensor of a task and a parameter; undefined before the first one.
   * @throws MtlError `CHECKPOINT_INVALID` where a restored tensor has another shape
   */
  get(task: number, name: string, shape: readonly number[]): tf.Tensor | undefined {
    const tensor = this.kept.get(`${task}/${name}`);
    if (tensor && !tf.util.arraysEqual(tensor.shape, shape as number[])) {
      throw badValue('CHECKPOINT_INVALID', {
        what: `the weighter's saved "${task}/${name}"`,
        expected: `the gradient's shape ${show(shape)}`,
        found: show(tensor.shape),
        fix: 'resume with the model that the checkpoint was written for',
      });
    }
    return tensor;
  }

  /** Takes the tensor over; the one before is freed. */
  set(task: number, name: string, tensor: tf.Tensor): void {
    const key = `${task}/${name}`;
    this.kept.get(key)?.dispose();
    this.kept.set(key, tf.keep(tensor));
  }

  /**
   * A moving average: x ← keep · x + take · g for each name, x starting at 0 and g being 0 where it is absent.
   * @returns the task's x by name, which stay this object's; a name without x and g is absent
   */
  track(
    task: number,
    gradients: NamedGradients,
    names: readonly string[],
    { keep, take }: { readonly keep: number; readonly take: number },
  ): NamedGradients {
    const found: Record<string, tf.Tensor> = {};
    for (const name of names) {
      const gradient = gradients[name];
      const before = gradient ? this.get(task, name, gradient.shape) : this.kept.get(`${task}/${name}`);
      if (!gradient && !before) continue;
      tf.tidy(() => {
        const terms = [
          ...(before && keep !== 0 ? [tf.mul(before, keep)] : []),
          ...(gradient ? [tf.mul(gradient, take)] : []),
        ];
        this.set(task, name, terms.length > 0 ? tf.addN(terms) : tf.zerosLike(before!));
      });
      found[name] = this.kept.get(`${task}/${name}`)!;
    }
    return found;
  }

  /** Replaces everything by copies. */
  restore(tensors: Readonly<Record<string, tf.Tensor>>): void {
    const copies = Object.entries(tensors).map(([key, tensor]) => [key, tf.keep(tensor.clone())] as const);
    this.dispose();
    for (const [key, copy] of copies) this.kept.set(key, copy);
  }

  dispose(): void {
    for (const tensor of this.kept.values()) tensor.dispose();
    this.kept.clear();
  }
}
