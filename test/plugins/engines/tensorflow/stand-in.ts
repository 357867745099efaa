/**
 * What stands in for @tensorflow/tfjs-node in tests: a package of its shape, whose backend `tensorflow` is
 * TensorFlow.js' own for the processor. Like the real one it refuses padding by numbers.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { plainEnvironment } from '../../../plain-environment.js';
import type { PackageFolder } from '../packages.js';

const require = createRequire(import.meta.url);

/** Where the stand-in finds the packages that the real one would bring. */
const modules = join(dirname(require.resolve('@tensorflow/tfjs/package.json')), '..', '..');

export const standInEnvironment: NodeJS.ProcessEnv = { ...plainEnvironment, NODE_PATH: modules };

/** As the real packages tell where their native part lies. */
const binary = {
  module_name: 'tfjs_binding',
  module_path: './lib/napi-v{napi_build_version}',
  napi_versions: [3, 4, 5, 6, 7, 8],
};

const native = 'lib/napi-v8/tfjs_binding.node';

const program = `
const tf = require('@tensorflow/tfjs');
const { MathBackendCPU } = require('@tensorflow/tfjs-backend-cpu');
const refusing = /^(Fused)?(DepthwiseConv2d|Conv2D)|^(Max|Avg)Pool(Grad)?$/;
for (const kernel of tf.getKernelsForBackend('cpu')) {
  const kernelFunc = (params) => {
    const { pad } = params.attrs ?? {};
    if (refusing.test(kernel.kernelName) && (Array.isArray(pad) || (typeof pad === 'number' && pad > 0))) {
      throw new Error("TF Backend supports only 'valid' and 'same' padding while padding was " + pad);
    }
    return kernel.kernelFunc(params);
  };
  tf.registerKernel({ ...kernel, kernelFunc, backendName: 'tensorflow' });
}
tf.registerBackend('tensorflow', () => Object.assign(new MathBackendCPU(), { isUsingGpuDevice: USING_GPU }), 3);
if (!tf.setBackend('tensorflow')) throw new Error('Could not initialize TensorFlow backend.');
`;

export interface StandIn {
  readonly name: '@tensorflow/tfjs-node' | '@tensorflow/tfjs-node-gpu';
  readonly version?: string;
  /** What loading it runs. */
  readonly main?: string;
  readonly withNative?: boolean;
  readonly usingGpu?: boolean;
}

export function installStandIn(
  folder: PackageFolder,
  { name, version = '4.22.0', main = program, withNative = true, usingGpu = true }: StandIn,
): string {
  return folder.install(
    { name, version, main: 'dist/index.js', binary },
    {
      'dist/index.js': main.replace('USING_GPU', String(usingGpu)),
      ...(withNative ? { [native]: '' } : {}),
    },
  );
}
