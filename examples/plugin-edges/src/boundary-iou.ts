import { badValue, definePart, type Metric } from 'crosstask';
import { z } from 'zod';

const options = z.strictObject({
  threshold: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('Probability from which on a pixel is a boundary.'),
});

/** Intersection over union of predicted and labelled boundary pixels, over all labelled pixels of the split. */
export const boundaryIou = definePart<Metric, typeof options>({
  description: 'Intersection over union of boundary pixels.',
  options,
  create({ threshold }) {
    let [both, either] = [0, 0];
    return {
      name: 'boundaryIou',
      higherIsBetter: true,
      reset() {
        [both, either] = [0, 0];
      },
      update(prediction, target, mask) {
        mask.forEach((labelled, pixel) => {
          if (!labelled) return;
          const [predicted, is] = [prediction.data[pixel]! >= threshold, target.data[pixel]! > 0];
          if (predicted && is) both += 1;
          if (predicted || is) either += 1;
        });
      },
      compute() {
        if (either > 0) return both / either;
        throw badValue('METRIC_EMPTY', {
          what: 'boundaryIou',
          expected: 'at least one boundary pixel, labelled or predicted',
          found: 'none',
        });
      },
    };
  },
});
