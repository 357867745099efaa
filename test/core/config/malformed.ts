import type { Fragment } from '../../../core/index.js';

const tasks = (depth: unknown): Fragment => ({ tasks: { depth } });
const train = (settings: unknown): Fragment => ({ train: settings });
const optimizer = (spec: unknown): Fragment => train({ optimizer: spec });
const schedule = (spec: unknown): Fragment => train({ schedule: spec });
const consistency = (settings: unknown): Fragment => ({ consistency: settings });

const losses = 'one of l1, crossEntropy, sum, xtc';
const keys =
  'one of the keys engine, dataset, tasks, architecture, backbone, consistency, init, auxiliary, weighter, train, loader, distributed, log, plugins, extends, $schema';
const trainKeys =
  'one of the keys epochs, batchSize, seed, optimizer, schedule, clipNorm, augment, nonFinite, maxRollbacks, diagnostics, validateEvery, checkpointEvery, keepEvery, best, earlyStopping';
const schedules = 'one of constant, step, cosine, polynomial';
const otherName = 'a task by another name gives its plugin as `type`';

/** What is wrong in the least config, and every line of what the user is told. */
export const malformed: readonly (readonly [config: Fragment, ...lines: string[]])[] = [
  // Keys that do not exist.
  [{ trian: {} }, `trian: expected ${keys}, found "trian"; did you mean "train"?`],
  [{ extend: 'base' }, `extend: expected ${keys}, found "extend"; did you mean "extends"?`],
  [{ model: 'x' }, `model: expected ${keys}, found "model"`],
  [
    train({ epcohs: 3, x: 1 }),
    `train.epcohs: expected ${trainKeys}, found "epcohs"; did you mean "epochs"?`,
    `train.x: expected ${trainKeys}, found "x"`,
  ],
  [
    JSON.parse('{"__proto__": {"polluted": 1}}') as Fragment,
    `__proto__: expected ${keys}, found "__proto__"`,
  ],
  [{ constructor: {} }, `constructor: expected ${keys}, found "constructor"`],
  // Values of the wrong type, or out of their range.
  [train({ epochs: 'three' }), 'train.epochs: expected a whole number of at least 1, found "three"'],
  [train({ epochs: 0 }), 'train.epochs: expected a whole number of at least 1, found 0'],
  [train({ epochs: 2.5 }), 'train.epochs: expected a whole number of at least 1, found 2.5'],
  [train({ epochs: NaN }), 'train.epochs: expected a whole number of at least 1, found NaN'],
  [train({ epochs: Infinity }), 'train.epochs: expected a whole number of at least 1, found Infinity'],
  [train({ epochs: 1e300 }), 'train.epochs: expected a whole number of at least 1, found 1e+300'],
  [train({ seed: 0.5 }), 'train.seed: expected a whole number, found 0.5'],
  [train({ clipNorm: 0 }), 'train.clipNorm: expected a number above 0, found 0'],
  [train({ best: 5 }), 'train.best: expected a text, found 5'],
  [train(null), 'train: expected a group of keys, found null'],
  [train([]), 'train: expected a group of keys, found []'],
  [
    train({ earlyStopping: {} }),
    'train.earlyStopping.patience: expected a whole number of at least 1, found nothing',
  ],
  [train({ augment: { scales: [] } }), 'train.augment.scales: expected a list of at least 1 item, found []'],
  [
    train({ augment: { scales: [1, 0.5] } }),
    'train.augment.scales[1]: expected a number of at least 1, found 0.5',
  ],
  [{ plugins: './mine.js' }, 'plugins: expected a list, found "./mine.js"'],
  [{ plugins: [5] }, 'plugins[0]: expected a text, found 5'],
  // Values of several forms.
  [train({ augment: true }), 'train.augment: expected a group of keys or false, found true'],
  [train({ augment: { flip: 2 } }), 'train.augment.flip: expected a number from 0 to 1, found 2'],
  [
    train({ augment: { scale: [1] } }),
    'train.augment.scale: expected one of the keys flip, scales, found "scale"; did you mean "scales"?',
  ],
  [consistency(true), 'consistency: expected a group of keys, found true'],
  [
    consistency({ lambda: 'x' }),
    'consistency.lambda: expected a number from 0 to 1 or a group of keys, found "x"',
  ],
  [consistency({ lambda: { depth: 2 } }), 'consistency.lambda.depth: expected a number from 0 to 1, found 2'],
  [
    consistency({ edges: 'some' }),
    'consistency.edges: expected "all" or "ring" or a group of keys or a list, found "some"',
  ],
  [consistency({ edges: { name: 'hub' } }), 'consistency.edges.task: expected a text, found nothing'],
  [consistency({ resolution: 0.3 }), 'consistency.resolution: expected one of 1, 0.5, 0.25, found 0.3'],
  [consistency({ cycles: -1 }), 'consistency.cycles: expected a number of at least 0, found -1'],
  [consistency({ warmup: -1 }), 'consistency.warmup: expected a number of at least 0, found -1'],
  [consistency({ edges: [['depth']] }), 'consistency.edges[0]: expected a list of 2 items, found ["depth"]'],
  [consistency({ edges: [['depth', 5]] }), 'consistency.edges[0][1]: expected a text, found 5'],
  [schedule('cosine'), 'train.schedule: expected a group of keys, found "cosine"; write { name: cosine }'],
  [
    schedule({ name: 'cosin' }),
    `train.schedule.name: expected ${schedules}, found "cosin"; did you mean "cosine"?`,
  ],
  [schedule({ every: 3 }), `train.schedule.name: expected ${schedules}, found nothing`],
  [
    schedule({ name: 'step', every: 80 }),
    'train.schedule.factor: expected a number above 0 and of at most 1, found nothing',
  ],
  [
    schedule({ name: 'cosine', every: 80 }),
    'train.schedule.every: expected one of the keys name, minFactor, warmup, found "every"',
  ],
  // Parts: their names, their options, the parts that they name in turn.
  [{ dataset: undefined }, 'dataset: expected one of scenes, folders, or { name, …options }, found nothing'],
  [{ dataset: 5 }, 'dataset: expected one of scenes, folders, or { name, …options }, found 5'],
  [
    { dataset: { root: './x' } },
    'dataset: expected one of scenes, folders, or { name, …options }, found {"root":"./x"}',
  ],
  [{ dataset: 'scene' }, 'dataset: expected one of scenes, folders, found "scene"; did you mean "scenes"?'],
  [{ dataset: { name: 'cityscapes' } }, 'dataset.name: expected one of scenes, folders, found "cityscapes"'],
  [
    { dataset: 'folders' },
    'dataset.root: expected a text, found nothing',
    'dataset.classes: expected a whole number of at least 2, found nothing',
  ],
  [
    { dataset: { name: 'scenes', size: [64, 16] } },
    'dataset.size[1]: expected a whole number of at least 32, found 16',
  ],
  [{ dataset: { name: 'scenes', size: 64 } }, 'dataset.size: expected a list of 2 items, found 64'],
  [
    { architecture: { name: 'shared', depth: 3 } },
    'architecture.depth: expected no keys here, found "depth"',
  ],
  [
    { backbone: { name: 'resnet34', dilated: 'yes' } },
    'backbone.dilated: expected true or false, found "yes"',
  ],
  [
    { weighter: ['equal'] },
    'weighter: expected one of equal, uncertainty, or { name, …options }, found ["equal"]',
  ],
  [
    { engine: 'tensorflow' },
    'engine: expected one of wasm, found "tensorflow"; `engine: auto` takes the fastest that works here',
  ],
  [{ engine: 5 }, 'engine: expected "auto" or one of wasm, or { name, …options }, found 5'],
  [
    { engine: { name: 'wasm', threads: 0 } },
    'engine.threads: expected a whole number of at least 1, found 0',
  ],
  [optimizer('adm'), 'train.optimizer: expected one of adam, sgd, found "adm"; did you mean "adam"?'],
  [
    optimizer({ name: 'adam', betas: [0.9, 1] }),
    'train.optimizer.betas[1]: expected a number of at least 0 and below 1, found 1',
  ],
  [consistency({ loss: 'xtcc' }), `consistency.loss: expected ${losses}, found "xtcc"; did you mean "xtc"?`],
  [
    consistency({ transferNet: { name: 'ttnet', width: 0 } }),
    'consistency.transferNet.width: expected a whole number of at least 1, found 0',
  ],
  // Tasks.
  [{ tasks: undefined }, 'tasks: expected a group of keys, found nothing'],
  [{ tasks: ['depth'] }, 'tasks: expected a group of keys, found ["depth"]'],
  [
    { tasks: {} },
    'tasks: expected at least one task, e.g. { depth: {} } (null is how a task of a preset is left out), found {}',
  ],
  [
    tasks(null),
    'tasks: expected at least one task, e.g. { depth: {} } (null is how a task of a preset is left out), found {"depth":null}',
  ],
  [tasks('l1'), 'tasks.depth: expected a group of keys, found "l1"'],
  [
    { tasks: { depht: {} } },
    `tasks.depht: expected one of segmentation, depth, found "depht"; did you mean "depth"? (${otherName})`,
  ],
  [{ tasks: { edges: {} } }, `tasks.edges: expected one of segmentation, depth, found "edges"; ${otherName}`],
  [
    tasks({ type: 'dept' }),
    'tasks.depth.type: expected one of segmentation, depth, found "dept"; did you mean "depth"?',
  ],
  [tasks({ type: 5 }), 'tasks.depth.type: expected a text, found 5'],
  [
    tasks({ name: 'depth' }),
    'tasks.depth.name: expected no such key: its key is a task’s name, and `type` names its plugin, found "depth"',
  ],
  [
    { tasks: { 'my depth': {} } },
    'tasks: expected names of letters, digits and _, a letter first, found "my depth"',
  ],
  [
    tasks({ los: 'l1' }),
    'tasks.depth.los: expected one of the keys loss, metrics, unit, found "los"; did you mean "loss"?',
  ],
  [tasks({ unit: 'km' }), 'tasks.depth.unit: expected one of m, 1/m, found "km"; did you mean "m"?'],
  [tasks({ loss: 'l3' }), `tasks.depth.loss: expected ${losses}, found "l3"; did you mean "l1"?`],
  [tasks({ loss: { name: 'huber' } }), `tasks.depth.loss.name: expected ${losses}, found "huber"`],
  [
    tasks({ loss: { name: 'l1', reduction: 'pixel' } }),
    'tasks.depth.loss.reduction: expected one of batch, image, found "pixel"',
  ],
  [
    tasks({ metrics: ['rmse', 'rsme'] }),
    'tasks.depth.metrics[1]: expected one of rmse, miou, found "rsme"; did you mean "rmse"?',
  ],
];
