import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { Tape, type PartSpec, type TransferTask } from '../../../core/index.js';
import { makeTask } from '../../core/model/golden.js';
import { consistencyLoss, differentiate, expectCase, map, targetOf } from './losses.js';
import { describeOnEach } from '../../engines.js';

type TaskName = 'segmentation' | 'depth';

/** The loss of a transferred prediction of a task, beside its direct one and its labels. */
function compute(
  spec: PartSpec,
  task: TransferTask,
  transferred: tf.Tensor4D,
  direct: tf.Tensor4D,
): tf.Scalar {
  const target = targetOf(task.name as TaskName);
  return consistencyLoss(spec).compute({ task, transferred, direct, target });
}

function expectTransferred(name: string, spec: PartSpec, task: TransferTask): void {
  expectCase(
    name,
    (transferred) => compute(spec, task, transferred, map(`${task.name}.direct`)),
    `${task.name}.prediction`,
  );
}

const targets = {
  soft: { target: 'soft' },
  hard: { target: 'hard' },
  smoothed: { target: 'hard', labelSmoothing: 0.1 },
} as const;

describeOnEach('xtc', () => {
  for (const mask of ['all', 'valid']) {
    for (const [name, options] of Object.entries(targets)) {
      it(`segmentation, ${name} target, ${mask} pixels: value and gradient`, () => {
        const spec = { name: 'xtc', mask, ...options };
        expectTransferred(`transferredCrossEntropy.${name}.${mask}`, spec, makeTask('segmentation'));
      });
    }

    it(`depth, L1, ${mask} pixels: value and gradient`, () => {
      expectTransferred(`transferredL1.${mask}`, { name: 'xtc', mask }, makeTask('depth'));
    });
  }

  it('depth, SSIM, all pixels: value and gradient', () => {
    expectTransferred('ssim', 'xtc', makeTask('depth', { consistency: 'ssim' }));
  });

  for (const name of ['segmentation', 'depth'] as const) {
    it(`${name}: gives no gradient to the direct prediction`, () => {
      tf.tidy(() => {
        const predictions = [
          tf.variable(map(`${name}.prediction`)),
          tf.variable(map(`${name}.direct`)),
        ] as const;
        const { tape, result } = Tape.record(() => {
          const [transferred, direct] = predictions as unknown as readonly [tf.Tensor4D, tf.Tensor4D];
          return { loss: compute('xtc', makeTask(name), transferred, direct) };
        });
        expect(tape.reached(result.loss, predictions)).to.deep.equal([true, false]);
        const gradients = tape.backward([{ of: result.loss, gradient: tf.scalar(1) }], predictions, true);
        expect(gradients[0]!.dataSync().some((slope) => slope !== 0)).to.equal(true);
        expect(gradients[1]).to.equal(undefined);
        tf.dispose(predictions as unknown as tf.Tensor[]);
      });
    });

    it(`${name}, valid pixels: without a labelled one it is 0, with no gradient`, () => {
      const { value, gradients } = differentiate(
        (transferred) =>
          consistencyLoss({ name: 'xtc', mask: 'valid' }).compute({
            task: makeTask(name),
            transferred: transferred,
            direct: map(`${name}.direct`),
            target: targetOf(name, 'none'),
          }),
        () => [map(`${name}.prediction`)],
      );
      expect(value).to.equal(0);
      expect(gradients[0]!.every((slope) => slope === 0)).to.equal(true);
    });
  }
});

describeOnEach('align', () => {
  const cases = { segmentation: 'crossEntropy', depth: 'l1' } as const;
  for (const [name, wanted] of Object.entries(cases) as [TaskName, string][]) {
    it(`${name}: is the task’s loss of the transferred prediction against the labels`, () => {
      expectTransferred(wanted, 'align', makeTask(name));
    });
  }
});
