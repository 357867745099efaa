import {
  definePlugin,
  MtlError,
  Registry,
  RunContainer,
  tokens,
  type Dataset,
  type SplitName,
} from '../../../../core/index.js';
import { folders } from '../../../../plugins/datasets/folders/index.js';
import { png16, png8, temporaryFolder } from '../pictures.js';

const registry = new Registry([definePlugin({ name: 'test', datasets: { folders } })]);

type Options = Record<string, unknown>;

/** The samples of `pictureFolder`. */
export const names = ['learn0', 'learn1', 'learn2', 'learn3', 'learn4', 'test0', 'test1'];
export const rgb = 'set/rgb/*.png';
export const labels = { files: 'set/labels/*.png', classes: ['floor', 'wall'] };
export const depth = { files: 'set/depth/*.png' };
export const normals = { files: 'set/normals/*.png' };
/** Options for all that `pictureFolder` holds. */
export const everything = { rgb, labels, depth, normals, split: { train: '*' } };

/** A folder with seven small samples, for one suite, and what makes a data set of what is in it. */
export function pictureFolder(): ReturnType<typeof temporaryFolder> & { make(options: Options): Dataset } {
  const folder = temporaryFolder();
  before(async () => {
    for (const [index, name] of names.entries()) {
      await folder.write(`set/rgb/${name}.png`, await png8(3, 3, Array<number>(18).fill(index)));
      await folder.write(`set/labels/${name}.png`, await png8(3, 1, [0, 1, 255, 1, 0, 1]));
      await folder.write(`set/depth/${name}.png`, await png16(3, 1, [0, 1, 1000, 2500, 40000, 65535]));
      const colors = [0, 0, 0, 128, 128, 128, 255, 128, 128, 127, 255, 127, 128, 127, 0, 255, 255, 255];
      await folder.write(`set/normals/${name}.png`, await png8(3, 3, colors));
    }
  });
  return {
    get path() {
      return folder.path;
    },
    write: (file, bytes) => folder.write(file, bytes),
    make(options) {
      const deps = new RunContainer().provide(tokens.baseFolder, folder.path);
      return registry.create('dataset', { name: 'folders', size: [2, 3], ...options }, deps);
    },
  };
}

/** What the registry finds wrong with options. */
export function problems(options: Options): readonly string[] {
  return registry.problems('dataset', { name: 'folders', size: [2, 3], rgb, ...options }, 'dataset');
}

/** Ids of a split's samples, in its order. */
export async function idsOf(dataset: Dataset, name: SplitName): Promise<string[]> {
  const split = await dataset.split(name);
  const ids: string[] = [];
  for (let index = 0; index < split.length; index++) ids.push((await split.sample(index)).id);
  return ids;
}

/** The error that some work ends with. */
export async function failure(work: Promise<unknown>): Promise<MtlError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof MtlError) return error;
    throw error;
  }
  throw new Error('expected an error, found none');
}
