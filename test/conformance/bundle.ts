import { build } from 'esbuild';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** What a bundle exports. */
export interface Bundle {
  /** All that `@tensorflow/tfjs-core` exports. */
  readonly core: { engine(): unknown };
  /** Declares tfjs-core's specs to jasmine, whose functions have to be globals by then. */
  readonly declareSpecs: (environment: TestEnvironment) => void;
}

/** An environment as tfjs-core's tests take it. */
export interface TestEnvironment {
  /** Becomes a part of the specs' names. */
  readonly name: string;
  readonly backendName: string;
  /** Without it, the specs that read tensors by `dataSync` are left out. */
  readonly isDataSync: boolean;
}

const entry = `
  exports.core = require('./index');
  exports.declareSpecs = (environment) => {
    require('./jasmine_util').setTestEnvs([environment]);
    require('./tests');
  };`;

/**
 * Bundles tfjs-core and its own specs, which it ships as modules that Node cannot load.
 * @returns the CommonJS module's path in the folder
 */
export async function bundleSpecs(folder: string): Promise<string> {
  const outfile = join(folder, 'tfjs-core-specs.cjs');
  await build({
    stdin: {
      contents: entry,
      resolveDir: join(dirname(require.resolve('@tensorflow/tfjs-core/package.json')), 'dist'),
    },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    // The package declares most of its specs free of side effects: they would be left out.
    ignoreAnnotations: true,
    logLevel: 'error',
  });
  return outfile;
}
