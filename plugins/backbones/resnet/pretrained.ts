import * as tf from '@tensorflow/tfjs';
import {
  MtlError,
  messageOf,
  namedWeights,
  parseSafetensors,
  readRegularFileSync,
  type HostTensor,
} from '../../../core/index.js';

/** torchvision's names of our weights. */
const suffixes: Readonly<Record<string, string>> = {
  kernel: 'weight',
  gamma: 'weight',
  beta: 'bias',
  movingMean: 'running_mean',
  movingVariance: 'running_var',
};

/** Entries of a torchvision ResNet that an encoder does not use. */
const unused = /^fc\.|\.num_batches_tracked$/;

/** torchvision's name of a weight: `encoder.layer1.0.conv1.kernel` → `layer1.0.conv1.weight`. */
function torchvisionName(part: string, name: string): string {
  const [, layer, weight] = /^(.+)\.([^.]+)$/.exec(name.slice(part.length + 1))!;
  return `${layer}.${suffixes[weight!]!}`;
}

/** [height, width, in, out] → PyTorch's [out, in, height, width]; other shapes are the same in both. */
function torchShape(shape: readonly number[]): readonly number[] {
  const [height, width, input, out] = shape;
  return shape.length === 4 ? [out!, input!, height!, width!] : shape;
}

/**
 * Loads an encoder's weights from a `.safetensors` file with torchvision's names and layouts.
 * @throws MtlError `WEIGHTS_INVALID` listing every missing, unknown or misshapen entry; nothing is loaded then.
 */
export function loadPretrained(part: string, model: tf.LayersModel, file: string): void {
  const given = readFile(file);
  const wanted = namedWeights(part, model).map(
    ([name, weight]) => [torchvisionName(part, name), weight.read() as tf.Variable] as const,
  );
  const problems = wanted.flatMap(([name, variable]) => problemsOf(name, variable, given.get(name)));
  const known = new Set(wanted.map(([name]) => name));
  for (const name of given.keys()) {
    if (!known.has(name) && !unused.test(name)) problems.push(`${name}: not a weight of this encoder`);
  }
  if (problems.length > 0) throw invalid(file, problems);
  for (const [name, variable] of wanted) {
    const { data, shape } = given.get(name)!;
    tf.tidy(() => {
      const tensor = tf.tensor(data as Float32Array, [...shape]);
      variable.assign(shape.length === 4 ? tf.transpose(tensor, [2, 3, 1, 0]) : tensor);
    });
  }
}

function readFile(file: string): ReadonlyMap<string, HostTensor> {
  try {
    return parseSafetensors(readRegularFileSync(file)).tensors;
  } catch (error) {
    throw new MtlError(
      'WEIGHTS_INVALID',
      `backbone.weights: expected a .safetensors file with torchvision's names, cannot read ${file}: ${messageOf(error)}`,
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

function invalid(file: string, problems: readonly string[]): MtlError {
  const shown = problems.slice(0, 20).map((problem) => `  ${problem}`);
  if (problems.length > shown.length) shown.push(`  … and ${problems.length - shown.length} more`);
  return new MtlError(
    'WEIGHTS_INVALID',
    `backbone.weights: ${file} does not fit this encoder (${problems.length} differences); save the matching torchvision ` +
      `model's state_dict as float32 safetensors:\n${shown.join('\n')}`,
  );
}
