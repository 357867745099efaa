import * as tf from '@tensorflow/tfjs';
import type { Json, NamedState, Stateful } from '../contracts/index.js';
import { MtlError } from '../errors.js';

interface Held {
  /** Steps done when it was taken. */
  readonly step: number;
  readonly states: Readonly<Record<string, NamedState>>;
}

/**
 * The state that a run can go back to. It is taken at the run's start and at each regular checkpoint, so that it depends
 * on the steps done alone. A checkpoint holds it only where it is another state than the checkpoint's own: where the run
 * was stopped between two of them.
 */
export class Anchor implements Stateful {
  private held: Held | undefined;
  private moved = false;

  /** @param parts what goes back; they are restored before this one. */
  constructor(
    private readonly parts: Readonly<Record<string, Stateful>>,
    private readonly stepNow: () => number,
  ) {}

  /** Whether there is none yet. */
  get isEmpty(): boolean {
    return this.held === undefined;
  }

  /** Remembers the state as it is now. */
  take(): void {
    const states = Object.entries(this.parts).map(
      ([name, { state }]) => [name, copyOf(state.tensors, state.values)] as const,
    );
    this.hold({ step: this.stepNow(), states: Object.fromEntries(states) });
    this.moved = false;
  }

  /** A step was taken since. */
  leave(): void {
    this.moved = true;
  }

  /** @returns after which step the state was taken that is now again there */
  goBack(): number {
    const { step, states } = this.taken();
    for (const [name, part] of Object.entries(this.parts)) part.restore(states[name]!);
    return step;
  }

  get state(): NamedState {
    if (!this.moved) return { tensors: {}, values: { step: null, values: {} } };
    const { step, states } = this.taken();
    const tensors = Object.entries(states).flatMap(([part, { tensors: own }]) =>
      Object.entries(own).map(([name, tensor]) => [`${part}/${name}`, tensor] as const),
    );
    const values = Object.entries(states).map(([part, { values: own }]) => [part, own] as const);
    return {
      tensors: Object.fromEntries(tensors),
      values: { step, values: Object.fromEntries(values) },
    };
  }

  restore({ tensors, values }: NamedState): void {
    const { step, values: byPart } = values as {
      step: number | null;
      values: Record<string, Record<string, Json>>;
    };
    if (step === null) return this.take();
    const states = Object.keys(this.parts).map((part) => {
      const own = Object.entries(tensors).filter(([name]) => name.startsWith(`${part}/`));
      const named = own.map(([name, tensor]) => [name.slice(part.length + 1), tensor] as const);
      return [part, copyOf(Object.fromEntries(named), byPart[part] ?? {})] as const;
    });
    this.hold({ step, states: Object.fromEntries(states) });
    this.moved = true;
  }

  dispose(): void {
    for (const { tensors } of Object.values(this.held?.states ?? {})) tf.dispose(tensors);
    this.held = undefined;
  }

  private hold(held: Held): void {
    this.dispose();
    this.held = held;
  }

  private taken(): Held {
    if (this.held) return this.held;
    throw new MtlError('CHECKPOINT_INVALID', 'There is no state to go back to');
  }
}

function copyOf(tensors: NamedState['tensors'], values: NamedState['values']): NamedState {
  const copies = Object.entries(tensors).map(([name, tensor]) => [name, tf.keep(tensor.clone())] as const);
  return { tensors: Object.fromEntries(copies), values: structuredClone(values) };
}
