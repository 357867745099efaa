import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import {
  badValue,
  fitsName,
  innerProduct,
  readScalars,
  type Json,
  type MtlError,
  type MultiTaskProblem,
} from '../../../core/index.js';
import { total } from '../common/linear-algebra.js';
import { lossWeighting, type LossRule } from '../common/loss-weighting.js';
import { inTaskOrder, perTask } from '../common/per-task.js';

const options = z.strictObject({
  kernels: perTask(z.string().min(1))
    .nullable()
    .default(null)
    .describe(
      'K_t by task name, or a list in the order of the tasks: a name of a parameter, * at the end: any rest. null: the ' +
        'first kernel of those parameters that the task’s loss alone reaches.',
    ),
});

/**
 * The adaptive weights of AdaMT-Net (Jha et al. 2020): how strongly a task pulls at the first kernel of its own decoder.
 * With K_t that kernel,
 *
 *     m_t = mean |∂L_t/∂K_t|        λ_t = m_t / Σ m_s, constant: the update is ∇ Σ λ_t L_t
 *
 * so the encoder gets Σ λ_t g_t and task t's decoder λ_t g_t. All m_t being 0, the λ_t are equal. (The public code adds up the
 * encoder's second gradient with the first one, scales the depth decoder by the other task's m and a third one not at all.) K_t is
 * found in any model: of the parameters that L_t alone reaches, the first in the forward pass that has two dimensions or
 * more. It is looked for in the first step, and stays. The tasks' own parts are walked once each, the shared part once.
 */
export const adamtWeights = lossWeighting({
  description:
    'Adaptive weights of AdaMT-Net (Jha et al. 2020): by the gradient of each decoder’s first kernel.',
  options,
  rule: ({ kernels }, { tasks }) =>
    new AdaMt(kernels && inTaskOrder(kernels, tasks, 'weighter.kernels', 'name')),
});

class AdaMt implements LossRule {
  /** K_t, once they are known to be reached: a later batch may lack the labels of a task. */
  private kernels: readonly string[] | null = null;

  constructor(private readonly given: readonly string[] | null) {}

  async weigh(problem: MultiTaskProblem): Promise<readonly number[]> {
    const kernels = this.kernels ?? this.given ?? firstKernels(problem);
    const gradients = (await problem.perTask([...new Set(kernels)]).perTask()).map((ofTask, task) =>
      Object.entries(ofTask).flatMap(([name, gradient]) =>
        fitsName(kernels[task]!, name) ? [gradient] : [],
      ),
    );
    const without = gradients.findIndex(({ length }) => length === 0);
    if (!this.kernels && without >= 0)
      throw unreached(problem.tasks[without]!, `"${kernels[without]!}", which it does not reach`);
    this.kernels = kernels;
    const magnitudes = await meanMagnitudes(gradients);
    const sum = total(magnitudes);
    return magnitudes.map((magnitude) => (sum > 0 ? magnitude / sum : 1 / magnitudes.length));
  }

  get state(): Json {
    return this.kernels;
  }

  set state(saved: Json) {
    this.kernels = saved as readonly string[] | null;
  }
}

function firstKernels(problem: MultiTaskProblem): readonly string[] {
  return problem.ownParameters().map((own, task) => {
    const kernel = own.find(({ shape }) => shape.length > 1);
    if (kernel) return kernel.name;
    throw unreached(
      problem.tasks[task]!,
      `${own.length} parameters that it alone reaches, none of them a kernel`,
    );
  });
}

function unreached(task: string, found: string): MtlError {
  return badValue('CONFIG_INVALID', {
    what: 'weighter.kernels',
    expected: `a kernel that the loss of "${task}" reaches, as adamt needs it`,
    found,
    fix: 'name a parameter for each task in weighter.kernels',
  });
}

/** m_t: over all values of a task's tensors; 0 where it has none. */
async function meanMagnitudes(gradients: readonly (readonly tf.Tensor[])[]): Promise<readonly number[]> {
  const sums = await readScalars(() =>
    gradients.map((ofTask) =>
      // ⟨g, sign g⟩ = Σ |g|
      ofTask.length > 0 ? tf.addN(ofTask.map((g) => innerProduct(g, tf.sign(g)))) : tf.scalar(0),
    ),
  );
  return sums.map((sum, task) => sum / Math.max(1, total(gradients[task]!.map(({ size }) => size))));
}
