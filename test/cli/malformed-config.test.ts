import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { encodeSafetensors } from '../../core/index.js';
import { expect } from 'chai';
import { expectOneError, filesIn, mtlHere, tiny, workFolder, write, writeConfig } from './mtl.js';

/** A config that cannot be trained, and what is said about it. */
interface Case {
  readonly what: string;
  /** Flags after `--run run`. */
  readonly flags?: readonly string[];
  /** The config file's text; a tiny one that is right by default. */
  readonly file?: string;
  /** Files beside the config. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** What the message says, `FOLDER` standing for the config's folder. */
  readonly says: RegExp;
  /** Exit code; 2, wrong config, by default. */
  readonly code?: number;
}

const set = (...overrides: string[]): string[] => overrides.flatMap((override) => ['--set', override]);
const file = (changes: object): string => JSON.stringify({ ...tiny, ...changes });

const zod = pathToFileURL(createRequire(import.meta.url).resolve('zod')).href;

const oneTensor = encodeSafetensors({
  tensors: new Map([['conv1.weight', { dtype: 'F32', shape: [1], data: Float32Array.of(1) }]]),
  metadata: {},
});

const cases: readonly Case[] = [
  { what: 'an empty file', file: '', says: /mtl\.config\.json: .*found an empty file/ },
  {
    what: 'JSON with a comma too many',
    file: '{ "extends": "xtasc-net", }',
    says: /^Error: Cannot read FOLDER\/mtl\.config\.json: .*Expected double-quoted property name/s,
  },
  { what: 'a list', file: '[1]', says: /mtl\.config\.json: expected a group of keys, found \[1\]/ },
  {
    what: 'an unknown preset',
    file: file({ extends: 'xtas-net' }),
    says: /extends.*preset.*xtasc-net.*found "xtas-net"; did you mean "xtasc-net"\?/,
  },
  {
    what: 'an unknown key',
    file: file({ architekture: 'shared' }),
    says: /A problem in FOLDER\/mtl\.config\.json:\n {2}architekture: .*did you mean "architecture"\?/,
  },
  {
    what: 'an unknown option of a part',
    flags: set('backbone.widht=8'),
    says: /backbone\.widht: .*did you mean "width"\?/,
  },
  {
    what: 'an unknown part',
    flags: set('weighter=uncertanty'),
    says: /weighter: expected one of .*equal, .*found "uncertanty"; did you mean "uncertainty"\?/,
  },
  {
    what: 'epochs that are no number',
    flags: set('train.epochs=many'),
    says: /train\.epochs: expected a whole number of at least 1, found "many"/,
  },
  {
    what: 'three things at once',
    flags: set('train.epochs=0', 'train.batchSize=1.5', 'engine=cuda'),
    says: /3 problems .*train\.epochs: .*found 0\n.*train\.batchSize: .*found 1\.5\n.*engine: .*found "cuda"/s,
  },
  {
    what: 'an override without a value',
    flags: set('train.epochs'),
    says: /--set: expected key\.path=value, e\.g\. train\.epochs=3, found "train\.epochs"/,
  },
  {
    what: 'no tasks',
    flags: set('tasks.segmentation=null', 'tasks.depth=null'),
    says: /tasks: expected at least one task/,
  },
  {
    what: 'a task that no plugin has',
    flags: set('tasks.poses={}'),
    says: /tasks\.poses: expected one of segmentation, depth.*found "poses"/,
  },
  {
    what: 'labels that the data set does not have',
    flags: set('tasks.depth.label=dpeth'),
    says: /tasks\.depth\.label: expected .*segmentation \(classes\), depth \(scalar\), found "dpeth"/,
  },
  {
    what: 'labels of another kind',
    flags: set('tasks.depth.label=segmentation'),
    says: /tasks\.depth\.label: .*found "segmentation", whose labels are classes/,
  },
  {
    what: 'an edge to an unknown task',
    flags: set('consistency.edges=[["depth","edges"]]'),
    says: /consistency\.edges\[0\]\[1\]: expected one of the tasks with a prediction per pixel, segmentation, depth, found "edges"/,
  },
  {
    what: 'an edge from a task to itself',
    flags: set('consistency.edges=[["depth","depth"]]'),
    says: /consistency\.edges\[0\]: expected two different tasks.*found \["depth","depth"\]/,
  },
  {
    what: 'λ for a task that is not there',
    flags: set('consistency.lambda={"depth":0.1,"normals":0.1}'),
    says: /consistency\.lambda: expected one number, or one for each of segmentation, depth, found depth, normals/,
  },
  {
    what: 'a prediction loss where a consistency loss belongs',
    flags: set('consistency.loss=l1'),
    says: /consistency\.loss: expected a loss that compares tasks.*found "l1".*tasks\.TASK\.loss/,
  },
  {
    what: 'a consistency loss where a prediction loss belongs',
    flags: set('tasks.depth.loss=xtc'),
    says: /tasks\.depth\.loss: expected a loss of a prediction.*found "xtc".*consistency\.loss/,
  },
  {
    what: 'a metric of another task',
    flags: set('tasks.depth.metrics=["miuo"]'),
    says: /tasks\.depth\.metrics.*found "miuo"; did you mean "miou"\?/,
  },
  {
    what: 'train.best that names no metric',
    flags: set('train.best=depth.rmsse'),
    says: /train\.best: expected one of segmentation\.miou, .*found "depth\.rmsse"; did you mean "depth\.rmse"\?/,
  },
  {
    what: 'weights that are not there',
    flags: set('backbone.weights=resnet.safetensors'),
    says: /backbone\.weights: .*FOLDER\/resnet\.safetensors/,
    code: 1,
  },
  {
    what: 'weights that are something else',
    flags: set('backbone.weights=mtl.config.json'),
    says: /backbone\.weights: .*FOLDER\/mtl\.config\.json: not a whole safetensors file/,
    code: 1,
  },
  {
    what: 'weights with wrong keys',
    flags: set('backbone.weights=w.safetensors'),
    files: { 'w.safetensors': oneTensor },
    says: /backbone\.weights: FOLDER\/w\.safetensors does not fit.*conv1\.weight: expected shape \[4,3,7,7\], found \[1\]\n.*bn1\.weight: missing/s,
    code: 1,
  },
  {
    what: 'a plugin that is not there',
    flags: set('plugins=["./mine.js"]'),
    says: /plugins\[0\].*found "\.\/mine\.js" \(FOLDER\/mine\.js does not exist\)/,
  },
  {
    what: 'a plugin that throws when it is loaded',
    flags: set('plugins=["./mine.mjs"]'),
    files: { 'mine.mjs': 'throw new Error("no licence");' },
    says: /plugins\[0\].*cannot load FOLDER\/mine\.mjs: no licence/,
  },
  {
    what: 'a plugin that is no plugin',
    flags: set('plugins=["./mine.mjs"]'),
    files: { 'mine.mjs': 'export default { name: "mine", weighter: {} };' },
    says: /plugins\[0\].*FOLDER\/mine\.mjs.*unknown field "weighter".*weighters/,
  },
  {
    what: 'a plugin whose part fails',
    flags: set('plugins=["./mine.mjs"]', 'weighter=mine'),
    files: {
      'mine.mjs': `import { z } from ${JSON.stringify(zod)};
        export default { name: 'mine', weighters: { mine: { description: 'fails', options: z.strictObject({}),
        create() { throw new TypeError('not today'); } } } };`,
    },
    says: /Cannot make weighter "mine":\n {2}not today/,
  },
  {
    what: 'a size that no ResNet takes',
    flags: set('dataset.size=[40,64]'),
    says: /dataset\.size: expected .*multiples of 32.*found \[40, 64\]; try \[32, 64\]/,
    code: 1,
  },
  {
    what: 'no images',
    flags: set('dataset.train=0'),
    says: /the train split of scenes: expected at least 1 image, found 0/,
    code: 1,
  },
  {
    what: 'one image',
    flags: set('dataset.train=1'),
    says: /the training split: expected at least 2 images, found 1/,
    code: 1,
  },
  {
    what: 'no images to validate on',
    flags: set('dataset.val=0'),
    says: /the val split of scenes: expected at least 1 image, found 0/,
    code: 1,
  },
];

describe('mtl train with a malformed config', () => {
  const work = workFolder();
  for (const [index, { what, flags = [], file: text, files = {}, says, code = 2 }] of cases.entries()) {
    it(`${what}: one clear error, nothing written`, async () => {
      const folder = join(work.path, String(index));
      writeConfig(folder);
      if (text !== undefined) write(folder, 'mtl.config.json', text);
      for (const [name, content] of Object.entries(files)) write(folder, name, content);
      const { code: found, stdout, stderr } = await mtlHere(['train', '--run', 'run', ...flags], folder);
      expectOneError(stderr, folder, says);
      expect({ found, stdout, files: filesIn(join(folder, 'run')) }).to.deep.equal({
        found: code,
        stdout: '',
        files: [],
      });
    });
  }
});
