import { expect } from 'chai';
import { Random } from '../../../../core/index.js';
import { classColors, classIds, classNames } from '../../../../plugins/datasets/scenes/classes.js';
import { renderScene } from '../../../../plugins/datasets/scenes/render.js';
import { createScene } from '../../../../plugins/datasets/scenes/scene.js';

/** Pixels of many scenes: r, g, b in turn, and their classes. */
interface Pixels {
  readonly colors: Uint8Array;
  readonly classes: Uint8Array;
}

type Classifier = (red: number, green: number, blue: number) => number;

const count = classNames.length;
const size = { height: 32, width: 64 };

function pixelsOf(split: string, scenes: number): Pixels {
  const pixels = size.height * size.width;
  const colors = new Uint8Array(scenes * pixels * 3);
  const classes = new Uint8Array(scenes * pixels);
  for (let index = 0; index < scenes; index++) {
    const scene = createScene(new Random(0, 'scenes', split, index));
    const { image, labels } = renderScene(scene, size, {
      labels: ['segmentation'],
      depth: 'metric',
      maxDepth: 80,
    });
    colors.set(image.data, index * pixels * 3);
    classes.set(labels.segmentation!.data, index * pixels);
  }
  return { colors, classes };
}

function each(
  { colors, classes }: Pixels,
  visit: (r: number, g: number, b: number, id: number) => void,
): void {
  classes.forEach((id, k) => visit(colors[3 * k]!, colors[3 * k + 1]!, colors[3 * k + 2]!, id));
}

/** Predicts the class whose mean colour is nearest. */
function nearestMean(pixels: Pixels): Classifier {
  const sums = Array.from({ length: count }, () => [0, 0, 0, 0]);
  each(pixels, (r, g, b, id) => [r, g, b, 1].forEach((value, k) => (sums[id]![k]! += value)));
  const means = sums.map(([r, g, b, n]) => [r! / n!, g! / n!, b! / n!]);
  return (r, g, b) => best(means.map((mean) => -Math.hypot(mean[0]! - r, mean[1]! - g, mean[2]! - b)));
}

/**
 * Predicts the likeliest class given the colour, by a histogram of 16 × 16 × 16 colours.
 * @param balanced as if all classes were equally frequent
 */
function histogram(pixels: Pixels, balanced: boolean): Classifier {
  const table = new Float64Array(4096 * count);
  const totals = new Float64Array(count);
  const cell = (r: number, g: number, b: number): number =>
    ((r >> 4) * 256 + (g >> 4) * 16 + (b >> 4)) * count;
  each(pixels, (r, g, b, id) => {
    table[cell(r, g, b) + id]!++;
    totals[id]!++;
  });
  const scores = table.map((value, k) => (balanced ? value / totals[k % count]! : value));
  return (r, g, b) => best([...scores.subarray(cell(r, g, b), cell(r, g, b) + count)]);
}

function best(scores: readonly number[]): number {
  return scores.indexOf(Math.max(...scores));
}

/** Share of pixels classified rightly, overall and per class. */
function score(classify: Classifier, pixels: Pixels): { accuracy: number; recalls: number[] } {
  const right = new Float64Array(count);
  const total = new Float64Array(count);
  each(pixels, (r, g, b, id) => {
    total[id]!++;
    if (classify(r, g, b) === id) right[id]!++;
  });
  const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);
  return { accuracy: sum(right) / sum(total), recalls: [...right].map((value, id) => value / total[id]!) };
}

describe('scenes: colour', () => {
  const train = pixelsOf('train', 160);
  const val = pixelsOf('val', 80);
  const frequencies = Array.from(
    { length: count },
    (_, id) => val.classes.filter((each) => each === id).length,
  );
  const majority = Math.max(...frequencies) / val.classes.length;

  it('shows every class', () => {
    expect(Math.min(...frequencies) / val.classes.length).to.be.above(0.005);
  });

  it('tells the class hardly better than guessing the commonest one does', () => {
    expect(score(nearestMean(train), val).accuracy).to.be.below(majority);
    expect(score(histogram(train, false), val).accuracy).to.be.below(majority + 0.06);
  });

  it('tells the classes apart hardly better than chance, but for the sky', () => {
    const { recalls } = score(histogram(train, true), val);
    const others = recalls.filter((_, id) => id !== classIds.sky);
    expect(others.reduce((sum, recall) => sum + recall, 0) / others.length).to.be.below(1 / count + 0.06);
    expect(recalls[classIds.sky]).to.be.below(0.6);
  });

  it('would be found out if it gave the class away', () => {
    const painted = ({ classes }: Pixels): Pixels => ({
      classes,
      colors: Uint8Array.from([...classes].flatMap((id) => classColors[id] ?? [])),
    });
    for (const fit of [nearestMean, (pixels: Pixels) => histogram(pixels, true)]) {
      expect(score(fit(painted(train)), painted(val)).accuracy).to.equal(1);
    }
  });
});
