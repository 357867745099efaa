import * as tf from '@tensorflow/tfjs';
import { MtlError, messageOf } from '../../errors.js';
import { readRegularFileSync } from '../../io/read-file.js';
import { parseSafetensors, type HostTensor } from '../../io/safetensors.js';
import { fromTorch, torchShape } from './names.js';

/** A file with PyTorch's names, and what it is for, as messages need it. */
export interface TorchFile {
  readonly file: string;
  /** The config's key that names it. */
  readonly key: string;
  /** What it is to hold the weights of, e.g. `encoder`. */
  readonly of: string;
  /** What to do about a file that does not fit. */
  readonly fix: string;
  /** Entries that may be there beside the weights. */
  readonly ignored?: RegExp;
  /** Weights, by their names in the file, that may be missing: they keep their values. */
  readonly dispensable?: ReadonlySet<string>;
}

/**
 * Gives variables their values from a `.safetensors` file with PyTorch's layouts.
 * @param weights by their names in the file
 * @throws MtlError `WEIGHTS_INVALID` listing every missing, unknown or misshapen entry; nothing is loaded then.
 */
export function loadTorchWeights(
  weights: readonly (readonly [string, tf.Variable])[],
  source: TorchFile,
): void {
  const given = readFile(source);
  const wanted = weights.filter(([name]) => given.has(name) || !source.dispensable?.has(name));
  const problems = wanted.flatMap(([name, variable]) => problemsOf(name, variable, given.get(name)));
  const known = new Set(weights.map(([name]) => name));
  for (const name of given.keys()) {
    if (!known.has(name) && !source.ignored?.test(name))
      problems.push(`${name}: not a weight of this ${source.of}`);
  }
  if (problems.length > 0) throw invalid(source, problems);
  for (const [name, variable] of wanted) {
    const { data, shape } = given.get(name)!;
    tf.tidy(() => variable.assign(fromTorch(tf.tensor(data as Float32Array, [...shape]))));
  }
}

function readFile({ file, key }: TorchFile): ReadonlyMap<string, HostTensor> {
  try {
    return parseSafetensors(readRegularFileSync(file)).tensors;
  } catch (error) {
    throw new MtlError(
      'WEIGHTS_INVALID',
      `${key}: expected a .safetensors file with PyTorch's names, cannot read ${file}: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

function problemsOf(name: string, variable: tf.Variable, found: HostTensor | undefined): string[] {
  if (!found) return [`${name}: missing`];
  if (found.dtype !== 'F32') return [`${name}: expected dtype F32, found ${found.dtype}`];
  const shape = torchShape(variable.shape);
  if (shape.join() !== found.shape.join())
    return [`${name}: expected shape [${shape.join()}], found [${found.shape.join()}]`];
  return [];
}

function invalid({ file, key, of, fix }: TorchFile, problems: readonly string[]): MtlError {
  const shown = problems.slice(0, 20).map((problem) => `  ${problem}`);
  if (problems.length > shown.length) shown.push(`  … and ${problems.length - shown.length} more`);
  return new MtlError(
    'WEIGHTS_INVALID',
    `${key}: ${file} does not fit this ${of} (${problems.length} differences); ${fix}:\n${shown.join('\n')}`,
  );
}
