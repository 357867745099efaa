import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { train, type TrainingEvent } from '../../../core/index.js';
import { weighters } from '../../../plugins/weighters/index.js';
import { load, timeless } from '../../core/run/tiny.js';
import { specs } from './training.js';

const small = [
  'consistency=null',
  'tasks.distance={"type":"depth"}',
  'dataset.train=6',
  'dataset.val=2',
  'train.batchSize=2',
  'train.epochs=2',
];

describe('mtl train with each weighter', function () {
  this.timeout(120_000);
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'weighters-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const name of Object.keys(weighters)) {
    it(`${name}: trains, goes on to the bit where it was stopped, and leaves no tensor behind`, async () => {
      const config = await load(...small, `weighter=${JSON.stringify(specs[name] ?? { name })}`);
      const paths = { whole: join(folder, name, 'whole'), parts: join(folder, name, 'parts') };
      await train(config, { folder: paths.whole });
      const tensors = tf.memory().numTensors;

      const stop = new AbortController();
      const onEvent = (event: TrainingEvent): void => {
        // In the midst of the second epoch, and of the cycle of a method that collects over three steps.
        if (event.type === 'step' && event.step === 4) stop.abort();
      };
      const stopped: unknown = await train(config, {
        folder: paths.parts,
        signal: stop.signal,
        onEvent,
      }).catch((error: unknown) => error);
      expect(stopped).to.include({ code: 'INTERRUPTED' });
      await train(config, { folder: paths.parts, resume: true });

      const text = (path: string): string => readFileSync(join(path, 'metrics.json'), 'utf8');
      expect(text(paths.parts)).to.equal(text(paths.whole));
      expect(eventsOf(paths.parts)).to.deep.equal(eventsOf(paths.whole));
      expect(tf.memory().numTensors, 'tensors left').to.equal(tensors);
    });
  }

  function eventsOf(path: string): unknown[] {
    const lines = readFileSync(join(path, 'events.jsonl'), 'utf8').trim().split('\n');
    const events = lines.map((line) => JSON.parse(line) as TrainingEvent);
    return events.filter(({ type }) => type === 'step' || type === 'epoch').map(timeless);
  }
});
