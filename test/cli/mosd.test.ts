import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect } from 'chai';
import type { RunResult } from '../../core/index.js';
import { mtlHere, workFolder } from './mtl.js';

const present = existsSync(resolve('..', 'shared', 'data', 'mosd', 'rgb'));
const suite = present ? describe : describe.skip;
const example = resolve('examples', 'mosd.config.yaml');

const shrunk = [
  'engine={"name":"wasm","threads":1}',
  'dataset.size=[32,64]',
  'backbone.width=4',
  'architecture.decoderChannels=4',
  'consistency.transferNet.channels=4',
  'train.epochs=1',
].flatMap((override) => ['--set', override]);

suite(
  `examples/mosd.config.yaml${present ? '' : ' (skipped: there is no ../shared/data/mosd beside the repository)'}`,
  () => {
    const work = workFolder();

    it('trains and is evaluated', async function () {
      this.timeout(120_000);
      const trained = await mtlHere(
        ['train', '--config', example, '--run', 'run', '--json', ...shrunk],
        work.path,
      );
      expect(trained).to.include({ code: 0, stderr: '' });
      const lines = trained.stdout.trimEnd().split('\n');
      expect(JSON.parse(lines[0]!)).to.include({
        type: 'start',
        trainSamples: 36,
        valSamples: 9,
        stepsPerEpoch: 6,
      });
      const evaluated = await mtlHere(['evaluate', 'run', '--split', 'test', '--json'], work.path);
      const { metrics, baselines } = JSON.parse(evaluated.stdout) as RunResult;
      // Metres on a table before the camera, whatever the model learned in six steps.
      expect(baselines.depth!.metrics.absolute).to.be.within(0.01, 0.5);
      expect(metrics.segmentation!.pixelAccuracy).to.be.within(0, 1);
    });
  },
);
