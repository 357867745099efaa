import * as tf from '@tensorflow/tfjs';
import { differentiate, readScalars, type GradientDiagnostics, type Weighter } from '../../core/index.js';

/** What a step is taken with. */
export interface MinimizeArgs {
  readonly weighter: Weighter;
  /** What is trained, e.g. `model.trainableWeights.map((weight) => weight.read())`; in the same order at every step. */
  readonly variables: readonly tf.Variable[];
  /** Any of tfjs' own. */
  readonly optimizer: tf.Optimizer;
  /** Whether the tasks' gradients are compared, too: norms, cosines, conflicts. */
  readonly diagnose?: boolean;
}

/** What a step came from. */
export interface MinimizeResult {
  /** L_t by task, before the update. */
  readonly losses: Readonly<Record<string, number>>;
  readonly diagnostics?: GradientDiagnostics;
}

/**
 * One optimisation step of any tfjs model on several losses: one forward pass, as many backward passes as the weighter
 * asks for, one update. Frees what it takes.
 * @param forward computes the losses by task, in the order of the weighter's tasks; as inside `tf.tidy`
 * @throws MtlError `LOSS_NOT_FINITE`, `GRADIENT_NOT_FINITE` naming the task; nothing is changed then
 */
export async function minimize(
  forward: () => Readonly<Record<string, tf.Scalar>>,
  { weighter, variables, optimizer, diagnose = false }: MinimizeArgs,
): Promise<MinimizeResult> {
  const { losses, gradients, diagnostics } = await differentiate({
    forward: () => Object.fromEntries(Object.entries(forward()).map(([task, total]) => [task, { total }])),
    weighter,
    parameters: Object.fromEntries(variables.map((variable) => [variable.name, variable])),
    diagnose,
  });
  apply(optimizer, gradients, variables, weighter);
  await weighter.afterStep?.(() => readScalars(() => Object.values(forward())));
  return {
    losses: Object.fromEntries(Object.entries(losses).map(([task, { total }]) => [task, total!])),
    ...(diagnostics ? { diagnostics } : {}),
  };
}

/** tfjs' optimizers tell parameters apart by their position: every one comes at every step, with zeros if need be. */
function apply(
  optimizer: tf.Optimizer,
  gradients: Readonly<Record<string, tf.Tensor>>,
  variables: readonly tf.Variable[],
  weighter: Weighter,
): void {
  const found = Object.keys(gradients).length > 0;
  const own = Object.entries(weighter.parameters);
  tf.tidy(() => {
    if (!found) return;
    const named = [...variables.map((variable) => [variable.name, variable] as const), ...own];
    optimizer.applyGradients(
      Object.fromEntries(
        named.map(([name, variable]) => [variable.name, gradients[name] ?? tf.zerosLike(variable)]),
      ),
    );
  });
  tf.dispose(gradients);
}
