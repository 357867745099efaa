import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import type { PartSpec } from '../../../core/index.js';
import { differentiate, expectCase, map, predictionLoss, targetOf } from './losses.js';
import { describeOnEach } from '../../engines.js';

type Labelled = Parameters<typeof targetOf>[1];

const perImage = { name: 'l1', reduction: 'image' };

/** [case, loss, which labels there are] */
const depthCases: readonly [string, PartSpec, Labelled][] = [
  ...['l1', 'mse', 'logL1', 'smoothL1'].flatMap((name): [string, PartSpec, Labelled][] => [
    [name, name, 'all'],
    [`${name}.empty`, name, 'none'],
  ]),
  ['l1PerImage', perImage, 'all'],
  ['l1PerImage.secondEmpty', perImage, 'first'],
  ['l1PerImage.empty', perImage, 'none'],
];

describeOnEach('losses against labels', () => {
  for (const [name, spec, labelled] of depthCases) {
    it(`${name}: value and gradient`, () => {
      const loss = predictionLoss(spec);
      expectCase(
        name,
        (prediction) => loss.compute(prediction, targetOf('depth', labelled)),
        'depth.prediction',
      );
    });
  }

  const crossEntropyCases: readonly [string, Labelled][] = [
    ['crossEntropy', 'all'],
    ['crossEntropy.empty', 'none'],
  ];
  for (const [name, labelled] of crossEntropyCases) {
    it(`${name}: value and gradient`, () => {
      const loss = predictionLoss('crossEntropy');
      expectCase(
        name,
        (prediction) => loss.compute(prediction, targetOf('segmentation', labelled)),
        'segmentation.prediction',
      );
    });
  }

  it('crossEntropy: label smoothing is a mixture with the other classes’ cross-entropies', () => {
    const [epsilon, classes] = [0.2, 4];
    const valueFor = (labelSmoothing: number, shift: number): number =>
      differentiate(
        (prediction) => {
          const { value, mask } = targetOf('segmentation');
          const shifted = tf.mod<tf.Tensor4D>(tf.add(value, shift), classes);
          return predictionLoss({ name: 'crossEntropy', labelSmoothing }).compute(prediction, {
            value: shifted,
            mask,
          });
        },
        () => [map('segmentation.prediction')],
      ).value;
    const others = [1, 2, 3].map((shift) => valueFor(0, shift));
    const mixture =
      (1 - epsilon) * valueFor(0, 0) + others.reduce((sum, value) => sum + (epsilon / 3) * value, 0);
    expect(valueFor(epsilon, 0)).to.be.closeTo(mixture, 1e-6);
  });

  it('ssim is 0 for equal maps, between 0 and 1 for others, and 0 where no window is labelled', () => {
    const loss = predictionLoss('ssim');
    const between = (mask: (map: tf.Tensor4D) => tf.Tensor4D, reference: string) =>
      differentiate(
        (prediction) => loss.compute(prediction, { value: map(reference), mask: mask(map(reference)) }),
        () => [map('depth.prediction')],
      );
    expect(between(tf.onesLike, 'depth.prediction').value).to.be.closeTo(0, 1e-6);
    expect(between(tf.onesLike, 'depth.direct').value).to.be.within(0.01, 1);
    const { value, gradients } = between(tf.zerosLike, 'depth.direct');
    expect(value).to.equal(0);
    expect(gradients[0]!.every((slope) => slope === 0)).to.equal(true);
  });
});
