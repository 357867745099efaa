import { parseDocument } from 'yaml';
import type { Fragment } from '../core/index.js';

const datasets = {
  scenes: `# Street-like scenes made on the spot: nothing to download.
dataset:
  name: scenes
  size: [64, 128] # height, width; multiples of 32
  train: 256 # images
  val: 32
  test: 32
  depth: inverse # 1/metres; or metric
`,
  folders: `# Your own files, paired by name.
dataset:
  name: folders
  root: ./data
  size: [96, 128] # height, width; multiples of 32
  rgb: rgb/*.png
  labels: { files: labels/*.png, classes: [background, object], void: [255] }
  depth: { files: depth/*.png, scale: 0.001, invalid: 0 } # 16-bit, millimetres
  split: { train: 0.8, val: 0.1, test: 0.1 }
`,
  cityscapes: `# The folder that holds leftImg8bit, gtFine and disparity, as published; or SPLIT/{image,label_7,depth}/N.npy.
dataset:
  name: cityscapes
  root: ./data/cityscapes
  size: [128, 256] # height, width; multiples of 32
  classes: 7 # or 19
  depth: inverse # as the paper learns it; or metres
loader: { cache: ./cache } # decodes the big pictures once; null = every epoch
`,
  nyuv2: `# The folder that holds nyu_depth_v2_labeled.mat and splits.mat; or SPLIT/{image,label,depth,normal}/N.npy.
dataset:
  name: nyuv2
  root: ./data/nyuv2
  size: [288, 384] # height, width; multiples of 32
  classes: 13 # or 40
loader: { cache: ./cache } # decodes and resizes once; null = every epoch
`,
} as const;

/**
 * A config that trains as it stands and says what each key does, as text and as what the text says.
 * @param preset to start from, instead of the usual one
 * @param overrides laid over the keys; the comments stay
 */
export function starterConfig(
  dataset: keyof typeof datasets,
  preset: string | undefined,
  overrides: Fragment,
): { text: string; config: Fragment } {
  const document = parseDocument(template(dataset));
  if (preset !== undefined) {
    document.set('extends', preset);
    // What the preset is chosen for is not overridden.
    for (const path of [['consistency'], ['weighter'], ['architecture', 'name']]) document.deleteIn(path);
  }
  for (const [path, value] of leaves(overrides)) {
    for (let depth = 1; depth < path.length; depth++) {
      const above = path.slice(0, depth);
      const part = document.getIn(above);
      // Given by its name alone in the template, and to have options now.
      if (typeof part === 'string') document.setIn(above, document.createNode({ name: part }));
    }
    document.setIn(path, value);
  }
  return { text: String(document), config: document.toJS() as Fragment };
}

/** The values of nested groups with their key paths. */
function leaves(group: object, path: readonly string[] = []): [path: string[], value: unknown][] {
  return Object.entries(group).flatMap(([key, value]: [string, unknown]): [string[], unknown][] =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? leaves(value, [...path, key])
      : [[[...path, key], value]],
  );
}

function template(dataset: keyof typeof datasets): string {
  // The paper's protocol for rooms has a smaller λ.
  const [preset, lambda] = dataset === 'nyuv2' ? ['xtasc-net-nyuv2', '1.0e-4'] : ['xtasc-net', '0.01'];
  return `# yaml-language-server: $schema=./node_modules/crosstask/dist/config.schema.json
# crosstask: what to train, on what, how. "mtl plugins" lists all that can be named here.
extends: ${preset} # st-net, mt-net, align-net, xtasc-net, or one of your own: ./other.yaml

engine: auto # the fastest that works here; "mtl doctor" shows them

${datasets[dataset]}
# One network learns all of these; each has its loss and metrics.
tasks:
  segmentation: {}
  depth: { loss: l1 } # l1, mse, logL1, smoothL1, ssim

# A small network that trains on a laptop. The paper's: resnet34, decoderChannels 128, transferNet channels 64.
backbone: { name: resnet18, width: 16 }
architecture: { name: shared, decoderChannels: 32 }

# Each task's prediction, passed through a transfer network, must agree with the other tasks'. null = without.
consistency:
  loss: xtc # or align
  transferNet: { name: ttnet, channels: 16 }
  lambda: ${lambda}

# How the tasks' losses become one update.
weighter: uncertainty # or equal

train:
  epochs: 20
  batchSize: 8
  seed: 0
  optimizer: { name: adam, lr: 2.0e-3 }
  schedule: { name: cosine }
`;
}
