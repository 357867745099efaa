import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { FrozenModel, NetworkOutput } from '../contracts/index.js';
import type { LoadedConfig } from '../config/index.js';
import { readRegularFileSync } from '../io/read-file.js';
import { keepingStatistics } from '../layers/index.js';
import { withoutGradient } from '../objective/index.js';
import { RunFolder } from './folder.js';
import { readSavedModel, restoreModel } from './open-model.js';
import { loadRunConfig } from './run-config.js';

/**
 * A run's best model beside the session under way, on the engine that is active.
 * @param of whose plugins need not be named, and where relative paths start from
 * @throws MtlError `RUN_INVALID`, `CHECKPOINT_INVALID`; whatever a part has to complain about
 */
export async function openFrozenModel(
  { plugins, baseFolder }: Pick<LoadedConfig, 'plugins' | 'baseFolder'>,
  path: string,
): Promise<FrozenModel> {
  const folder = resolve(baseFolder, path);
  const loaded = await loadRunConfig(folder, plugins);
  const saved = readSavedModel({ folder });
  const { model, tasks } = restoreModel(loaded, saved);
  const file = new RunFolder(folder).best;
  return {
    tasks,
    size: saved.data.size,
    featureShapes: model.featureShapes,
    file,
    sha256: createHash('sha256').update(readRegularFileSync(file)).digest('hex'),
    forward: (image, { statistics, step }) => {
      const training = statistics === 'batch';
      const pass = (): NetworkOutput => {
        const { direct, features } = model.forward(image, {
          training,
          transfer: false,
          step,
          features: true,
        });
        return features ? { direct, features } : { direct };
      };
      // A tidy of its own: what is computed on the way need not wait for the end of the step.
      const tidy = (): NetworkOutput =>
        tf.tidy(pass as unknown as () => tf.TensorContainer) as unknown as NetworkOutput;
      return withoutGradient(() => keepingStatistics(tidy));
    },
    dispose: () => model.dispose(),
  };
}
