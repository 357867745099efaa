import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { train, type LoadedConfig, type TrainingEvent } from '../../../core/index.js';
import { load, timeless } from '../run/tiny.js';
import { of } from './tiny-trainer.js';

describe('consistency.warmup', () => {
  let path = '';
  let loaded: LoadedConfig;
  let whole: TrainingEvent[];
  before(async () => {
    path = mkdtempSync(join(tmpdir(), 'warmup-'));
    const flags = ['consistency.lambda={"segmentation":0.5,"depth":0.2}', 'consistency.warmup=1.5'];
    loaded = await load(...flags, 'train.epochs=2', 'train.checkpointEvery=1');
    await train(loaded, { folder: join(path, 'whole') });
    whole = written('whole');
  });
  after(() => rmSync(path, { recursive: true, force: true }));

  function written(run: string): TrainingEvent[] {
    const lines = readFileSync(join(path, run, 'events.jsonl'), 'utf8')
      .trim()
      .split('\n');
    return lines.map((line) => JSON.parse(line) as TrainingEvent);
  }

  it('λ grows step by step: 0, a third, two thirds, then all of it', () => {
    const steps = of('step', whole);
    expect(steps).to.have.length(4);
    for (const [task, other, lambda] of [
      ['segmentation', 'depth', 0.5],
      ['depth', 'segmentation', 0.2],
    ] as const) {
      for (const [index, { losses }] of steps.entries()) {
        const { total, direct, transferred } = losses[task]!;
        const weight = (lambda * Math.min(3, index)) / 3;
        const wanted = (1 - weight) * direct + weight * transferred[other]!;
        expect(Math.abs(total / wanted - 1), `${task}, step ${index}`).to.be.below(1e-6);
      }
    }
  });

  it('the first step’s loss is the direct one to the bit', () => {
    const { losses } = of('step', whole)[0]!;
    for (const { total, direct } of Object.values(losses)) expect(total).to.equal(direct);
  });

  it('a run that goes on within the warm-up ends alike to the bit', async () => {
    for (const stop of [1, 2, 3]) {
      const folder = join(path, `stopped-${stop}`);
      const stopping = train(loaded, {
        folder,
        onEvent: ({ type, step }: TrainingEvent & { step?: number }) => {
          if (type === 'checkpoint' && step === stop) throw new Error('stop');
        },
      });
      await stopping.catch((error: unknown) => expect(error).to.have.property('message', 'stop'));
      await train(loaded, { folder, resume: true });
      const steps = (events: readonly TrainingEvent[]): object[] => of('step', events).map(timeless);
      expect(steps(written(`stopped-${stop}`)), `after step ${stop}`).to.deep.equal(steps(whole));
      const metrics = (run: string): string => readFileSync(join(path, run, 'metrics.json'), 'utf8');
      expect(metrics(`stopped-${stop}`)).to.equal(metrics('whole'));
    }
  });
});
