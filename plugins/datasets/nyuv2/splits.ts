import { badValue, fixOf, messageOf, readRegularFile, show, type SplitName } from '../../../core/index.js';
import { parseMat5 } from '../common/mat5.js';
import { holdApart } from '../common/split.js';
import type { Nyuv2Options } from './options.js';

/** The samples of each split, counted from 0, in the order of the file. */
export type Members = Readonly<Record<SplitName, readonly number[]>>;

/**
 * Reads splits.mat: trainNdxs and testNdxs (and valNdxs where it lists one), counted from 1.
 * @param count of all samples
 * @throws MtlError `DATA_INVALID`
 */
export async function readSplits(file: string, count: number, val: Nyuv2Options['val']): Promise<Members> {
  const arrays = parseMat5(await readSplitFile(file), file);
  const list = (name: string): readonly number[] => {
    const found = arrays.get(name);
    if (!found) {
      throw badValue('DATA_INVALID', {
        what: file,
        expected: `a list "${name}"`,
        found: [...arrays.keys()].join(', ') || 'no numeric array',
        fix: name === 'valNdxs' ? 'set dataset.val to test or to { fraction: 0.1 }' : fetchFix,
      });
    }
    return Array.from(found.data, (number) => number - 1);
  };
  const [train, test] = [list('trainNdxs'), list('testNdxs')];
  const listed = val === 'listed' ? list('valNdxs') : [];
  const seen = new Set<number>();
  for (const index of [...train, ...listed, ...test]) {
    const isSample = Number.isInteger(index) && index >= 0 && index < count;
    if (isSample && !seen.has(index)) {
      seen.add(index);
      continue;
    }
    throw badValue('DATA_INVALID', {
      what: file,
      expected: `each of the samples 1–${count} at most once in all lists`,
      found: isSample ? `${index + 1} twice` : show(index + 1),
      fix: fetchFix,
    });
  }
  if (val === 'test') return { train, val: test, test };
  if (val === 'listed') return { train, val: listed, test };
  const { kept, apart } = holdApart(train, val);
  return { train: kept, val: apart, test };
}

/** The published lists take 3 kB, and those of a million samples 8 MB. */
const longestLists = 64 * 2 ** 20;

const fetchFix = 'fetch the splits.mat of the data set again';

async function readSplitFile(file: string): Promise<Buffer> {
  try {
    return await readRegularFile(file, longestLists);
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw badValue(
      'DATA_INVALID',
      {
        what: 'dataset.splits',
        expected: `the data set's lists of training and test samples at ${file}`,
        found: messageOf(error),
        fix: isAbsent
          ? 'put splits.mat (http://horatio.cs.nyu.edu/mit/silberman/indoor_seg_sup/splits.mat) beside the data, or name its place'
          : fixOf(error),
      },
      { cause: error },
    );
  }
}
