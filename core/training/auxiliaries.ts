import type * as tf from '@tensorflow/tfjs';
import type { Auxiliary, AuxiliaryStep, NamedGradients, Stateful } from '../contracts/index.js';
import { divide } from './scope.js';

/** An auxiliary and what it is called in events and checkpoints. */
export interface NamedAuxiliary {
  readonly name: string;
  readonly auxiliary: Auxiliary;
}

/** All that adds terms to a training's losses. */
export class Auxiliaries {
  /** Of all of them, by `NAME.PARAMETER`. */
  readonly parameters: Readonly<Record<string, tf.Variable>>;
  /** Their parts of a checkpoint. */
  readonly parts: Readonly<Record<string, Stateful>>;
  /** Whether any needs the network's features. */
  readonly readsFeatures: boolean;

  /** @param all set up, each name once; they are this object's from now on */
  constructor(readonly all: readonly NamedAuxiliary[] = []) {
    this.parameters = Object.assign({}, ...all.map(ownParameters)) as Record<string, tf.Variable>;
    this.parts = Object.fromEntries(
      all.flatMap(({ name, auxiliary }): [string, Stateful][] => {
        const { optimizer } = auxiliary;
        const part = `auxiliary.${name}`;
        return [[part, auxiliary], ...(optimizer ? [[`${part}.optimizer`, optimizer] as const] : [])] as [
          string,
          Stateful,
        ][];
      }),
    );
    this.readsFeatures = all.some(({ auxiliary }) => auxiliary.readsFeatures);
  }

  /** What they add to a task's loss, by task and name. */
  terms(step: AuxiliaryStep): Readonly<Record<string, Readonly<Record<string, tf.Scalar>>>> {
    const found: Record<string, Record<string, tf.Scalar>> = {};
    for (const { name, auxiliary } of this.all) {
      for (const [task, term] of Object.entries(auxiliary.terms(step))) {
        found[task] = { ...found[task], [name]: term };
      }
    }
    return found;
  }

  /** Gradients in two: of parameters that are moved by optimizers of their own, and of all others. */
  divide(gradients: NamedGradients): [own: NamedGradients, others: NamedGradients] {
    const own = new Set(
      this.all.flatMap((each) => (each.auxiliary.optimizer ? Object.keys(ownParameters(each)) : [])),
    );
    return divide(gradients, (name) => own.has(name));
  }

  /** Moves what has an optimizer of its own. The gradients stay the caller's. */
  step(gradients: NamedGradients): void {
    for (const each of this.all) {
      const { optimizer } = each.auxiliary;
      const parameters = ownParameters(each);
      const [own] = divide(gradients, (name) => name in parameters);
      if (optimizer && Object.keys(own).length > 0) optimizer.step(parameters, own, optimizer.learningRate);
    }
  }

  /** Their numbers of parameters by name. */
  get sizes(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      this.all.map(({ name, auxiliary }) => [
        name,
        Object.values(auxiliary.parameters).reduce((total, { size }) => total + size, 0),
      ]),
    );
  }

  /** Frees them. */
  dispose(): void {
    for (const { auxiliary } of this.all) auxiliary.dispose();
  }
}

function ownParameters({ name, auxiliary }: NamedAuxiliary): Record<string, tf.Variable> {
  return Object.fromEntries(
    Object.entries(auxiliary.parameters).map(([parameter, variable]) => [`${name}.${parameter}`, variable]),
  );
}
