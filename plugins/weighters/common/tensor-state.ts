import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { KeptTensors, type NamedGradients } from '../../../core/index.js';

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
  private readonly kept = new KeptTensors("the weighter's saved", "the gradient's");

  get tensors(): Readonly<Record<string, tf.Tensor>> {
    return this.kept.tensors;
  }

  /**
   * The tensor of a task and a parameter; undefined before the first one.
   * @throws MtlError `CHECKPOINT_INVALID` where a restored tensor has another shape
   */
  get(task: number, name: string, shape?: readonly number[]): tf.Tensor | undefined {
    return this.kept.get(`${task}/${name}`, shape);
  }

  /** Takes the tensor over; the one before is freed. */
  set(task: number, name: string, tensor: tf.Tensor): void {
    this.kept.set(`${task}/${name}`, tensor);
  }

  /** All of a task's tensors by name, which stay this object's. */
  row(task: number): NamedGradients {
    const prefix = `${task}/`;
    return Object.fromEntries(
      Object.entries(this.tensors).flatMap(([key, tensor]) =>
        key.startsWith(prefix) ? [[key.slice(prefix.length), tensor]] : [],
      ),
    );
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
      const before = this.get(task, name, gradient?.shape);
      if (!gradient && !before) continue;
      tf.tidy(() => {
        const terms = [
          ...(before && keep !== 0 ? [tf.mul(before, keep)] : []),
          ...(gradient ? [tf.mul(gradient, take)] : []),
        ];
        this.set(task, name, terms.length > 0 ? tf.addN(terms) : tf.zerosLike(before!));
      });
      found[name] = this.get(task, name)!;
    }
    return found;
  }

  /** Replaces everything by copies. */
  restore(tensors: Readonly<Record<string, tf.Tensor>>): void {
    this.kept.restore(tensors);
  }

  dispose(): void {
    this.kept.dispose();
  }
}
