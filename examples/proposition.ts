/**
 * The proposition behind cross-task consistency, computed and drawn: how far is y predicted through z from y predicted
 * directly, where the transfer z → y was learnt from labels (alignment) and where from direct predictions (consistency)?
 * docs/proposition.md explains the picture.
 *
 *     node dist/examples/proposition.js proposition.png
 */
import { createPart } from 'crosstask';
import { wasm } from 'crosstask/plugins';
import { distancesOfMeans, drawnDistances, type Distances } from './proposition/means.js';
import { drawPanels, type Panel } from './proposition/picture.js';
import { quantities, type Outcome } from './proposition/quantities.js';
import { trainTransfers } from './proposition/training.js';

const [file = 'proposition.png', steps = '800'] = process.argv.slice(2);

/** x is one of nine numbers, y = x ± 1; z = f(x) ± 1. */
const relations: Readonly<Record<string, (x: number) => number>> = {
  'z = x + x³/4 ± 1 tells y': (x) => x + x ** 3 / 4,
  'z = x² ± 1 tells y but for its sign': (x) => x ** 2,
};
const draws = [1, 2, 3, 4, 6, 8, 12, 16];

await createPart(wasm, { threads: 1 }).start();
const panels: Panel[] = [];
for (const [name, relation] of Object.entries(relations)) {
  const outcomes = distribution(relation);
  const { consistency, alignment, noise, alignmentLoss } = quantities(outcomes);
  const options = { steps: Number(steps), every: 20, batchSize: 16, seed: 0 };
  const trained = await trainTransfers(outcomes, options);
  const last = trained.at(-1)!;
  console.log(
    `${name}: consistency ${consistency.toFraction()}, alignment ${alignment.toFraction()}, ` +
      `noise ${noise.toFraction()}, least alignment loss ${alignmentLoss.toFraction()}; ` +
      `trained: consistency ${last.consistency.toFixed(3)}, alignment ${last.alignment.toFixed(3)}`,
  );
  panels.push(
    {
      title: name,
      axis: 'draws that the transfer is the mean of',
      noise: noise.valueOf(),
      lines: draws.map((count) => ({ at: count, ...exactDistances(outcomes, count) })),
      dots: draws.map((count) => ({
        at: count,
        ...drawnDistances(outcomes, { draws: count, trials: 300, seed: 0 }),
      })),
    },
    {
      title: name,
      axis: 'steps that the transfer net is trained',
      noise: noise.valueOf(),
      lines: trained,
    },
  );
}
await drawPanels(panels, file);
console.log(`Wrote ${file}`);
process.exit();

function distribution(relation: (x: number) => number): readonly Outcome[] {
  return [-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2].flatMap((x) =>
    [-1, 1].flatMap((ofY) => [-1, 1].map((ofZ) => ({ x, y: x + ofY, z: relation(x) + ofZ, weight: 1 }))),
  );
}

function exactDistances(outcomes: readonly Outcome[], count: number): Distances<number> {
  const { consistency, alignment } = distancesOfMeans(outcomes, count);
  return { consistency: consistency.valueOf(), alignment: alignment.valueOf() };
}
