import { ScenesDataset } from '../../plugins/datasets/scenes/dataset.js';
import { labelNames } from '../../plugins/datasets/scenes/render.js';

/** How fast the `scenes` data set renders, with all labels, on one core. */
export async function run(): Promise<void> {
  for (const [height, width, images] of [
    [64, 128, 300],
    [128, 256, 100],
  ] as const) {
    const dataset = new ScenesDataset({
      labelled: 1,
      size: { height, width },
      counts: { train: images, val: images, test: 0 },
      seed: 0,
      labels: labelNames,
      depth: 'metric',
      maxDepth: 80,
    });
    // The first round lets the engine compile.
    await seconds(dataset, 'val');
    const rate = images / (await seconds(dataset, 'train'));
    console.log(`scenes ${height}×${width}: ${rate.toFixed(0)} images/s`);
  }
}

async function seconds(dataset: ScenesDataset, name: 'train' | 'val'): Promise<number> {
  const split = await dataset.split(name);
  const start = performance.now();
  for (let index = 0; index < split.length; index++) await split.sample(index);
  return (performance.now() - start) / 1000;
}
