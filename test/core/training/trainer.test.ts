import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import type { TrainingEvent } from '../../../core/index.js';
import { timeless } from '../run/tiny.js';
import { of, prepareTrainer, runTrainer, type TrainerRun } from './tiny-trainer.js';

describe('the trainer', () => {
  describe('with losses that are no numbers', () => {
    /** The depth loss of these steps, from 0, is NaN. */
    async function breaking(at: (step: number) => boolean, ...overrides: string[]): Promise<TrainerRun> {
      const prepared = await prepareTrainer(['dataset.train=4', 'train.batchSize=2', ...overrides], {
        task: (task) => {
          let step = 0;
          return {
            ...task,
            loss: (prediction, target) => tf.mul(task.loss(prediction, target), at(step++) ? NaN : 1),
          };
        },
      });
      return prepared;
    }

    it('stops by default', async () => {
      const { trainer, dispose } = await breaking((step) => step === 1, 'train.epochs=1');
      const error: unknown = await trainer.run().catch((reason: unknown) => reason);
      expect(error).to.include({ code: 'LOSS_NOT_FINITE' });
      dispose();
    });

    it('passes over such steps where asked to, says so, and leaves them out of the means', async () => {
      const flags = ['train.nonFinite=skip', 'train.epochs=1'];
      const { trainer, events, dispose } = await breaking((step) => step === 0, ...flags);
      expect(await trainer.run()).to.equal('finished');
      const [skipped] = of('skipped', events);
      expect(skipped).to.include({ epoch: 0, step: 1 });
      expect(skipped!.reason).to.match(/^The loss of task "depth" is NaN/);
      const [taken] = of('step', events);
      expect(of('epoch', events)[0]!.meanLosses.depth).to.equal(taken!.losses.depth!.total);
      dispose();
    });

    it('stops where a whole epoch was passed over', async () => {
      const { trainer, dispose } = await breaking(() => true, 'train.nonFinite=skip', 'train.epochs=2');
      const error: unknown = await trainer.run().catch((reason: unknown) => reason);
      expect(error).to.include({ code: 'LOSS_NOT_FINITE' });
      expect((error as Error).message).to.match(/^Every step of epoch 1 was passed over/);
      dispose();
    });
  });

  it('compares the tasks’ gradients every so many steps', async () => {
    const flags = ['dataset.train=8', 'train.batchSize=2', 'train.epochs=1', 'train.diagnostics=3'];
    const { events } = await runTrainer(flags);
    const compared = of('step', events).flatMap(({ step, diagnostics }) => (diagnostics ? [step] : []));
    expect(compared).to.deep.equal([1, 4]);
  });

  it('stops early where the metric has not improved for some validations, and keeps the best model', async () => {
    const values = [5, 4, 4.5, 4.2, 4, 1];
    const flags = ['train.epochs=6', 'train.earlyStopping={"patience":3}', 'dataset.train=2'];
    const { outcome, events, best } = await runTrainer(flags, values);
    expect(outcome).to.equal('finished');
    expect(of('validation', events).map((event) => event.best)).to.deep.equal([
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(best).to.deep.equal([1, 2]);
    expect(events.at(-1)).to.deep.equal({ type: 'stopped', step: 5, reason: 'no improvement' });
    expect(values).to.deep.equal([1]);
  });

  it('counts as better only what is so by more than minDelta percent', async () => {
    const flags = ['train.epochs=4', 'train.earlyStopping={"patience":2,"minDelta":10}', 'dataset.train=2'];
    const { events, best } = await runTrainer(flags, [10, 9.1, 8.9, 8.1]);
    expect(of('validation', events).map((event) => event.best)).to.deep.equal([true, false, true, false]);
    expect(best).to.deep.equal([1, 3]);
  });

  it('takes the named metric where there is one, higher or lower as it says', async () => {
    const { best } = await runTrainer(
      ['train.epochs=3', 'train.best=depth.scripted', 'dataset.train=2'],
      [3, 2, 2.5],
    );
    expect(best).to.deep.equal([1, 2]);
  });

  it('validates every so many epochs, and after the last one', async () => {
    const { events } = await runTrainer(['train.epochs=5', 'train.validateEvery=2', 'dataset.train=2']);
    expect(of('validation', events).map(({ epoch }) => epoch)).to.deep.equal([1, 3, 4]);
    expect(of('epoch', events).map(({ epoch }) => epoch)).to.deep.equal([0, 1, 2, 3, 4]);
  });

  it('drops a lone last image, which has no batch statistics, and no other', async () => {
    const steps = async (train: number, batchSize: number): Promise<number> => {
      const sizes = [`dataset.train=${train}`, `train.batchSize=${batchSize}`, 'train.epochs=1'];
      const { events } = await runTrainer(sizes);
      const [start] = of('start', events);
      expect(start).to.include({ trainSamples: train, batchSize });
      expect(of('step', events)).to.have.length(start!.stepsPerEpoch);
      return start!.stepsPerEpoch;
    };
    expect([await steps(5, 4), await steps(6, 4), await steps(3, 1)]).to.deep.equal([1, 2, 3]);
  });

  it('refuses a training split that gives no step', async () => {
    const error = await prepareTrainer(['dataset.train=1']).catch((thrown: unknown) => thrown);
    expect(error).to.include({
      code: 'DATA_INVALID',
      message: 'the training split: expected at least 2 images, found 1',
    });
  });

  it('tells the mean of the steps’ losses, the weights and the learning rate', async () => {
    const schedule = 'train.schedule={"name":"step","every":1,"factor":0.5}';
    const { events } = await runTrainer(['train.epochs=2', schedule]);
    const steps = of('step', events);
    expect(steps.map(({ learningRate }) => learningRate)).to.deep.equal([0.001, 0.001, 0.0005, 0.0005]);
    for (const { epoch, meanLosses, weights } of of('epoch', events)) {
      const totals = steps.filter((step) => step.epoch === epoch).map(({ losses }) => losses.depth!.total);
      expect(meanLosses.depth).to.equal((totals[0]! + totals[1]!) / 2);
      expect(weights.depth).to.be.within(0.4, 0.6);
    }
    expect(steps.every(({ imagesPerSecond }) => imagesPerSecond > 0)).to.equal(true);
  });

  it('saves every so many steps, and after each epoch', async () => {
    const { events } = await runTrainer(['dataset.train=6', 'train.checkpointEvery=2', 'train.epochs=2']);
    expect(of('checkpoint', events).map(({ step }) => step)).to.deep.equal([2, 3, 4, 6, 6]);
  });

  it('saves and keeps at the steps of either kind', async () => {
    const flags = ['dataset.train=10', 'train.checkpointEvery=2', 'train.keepEvery=3', 'train.epochs=1'];
    const { events } = await runTrainer(flags);
    expect(of('checkpoint', events).map(({ step }) => step)).to.deep.equal([2, 3, 4, 5]);
  });

  it('goes on while a checkpoint is written, and tells of it when it is in place', async () => {
    const writes: (() => void)[] = [];
    const { trainer, events, dispose } = await prepareTrainer(
      ['dataset.train=8', 'train.checkpointEvery=2', 'train.epochs=1'],
      {
        save: () => {
          // The second one is asked for when the first one is in place, and no sooner.
          expect(writes).to.have.length(0);
          return Promise.resolve({ file: 'last', written: new Promise((resolve) => writes.push(resolve)) });
        },
        onEvent: (event) => {
          if (event.type === 'step' && event.step !== 2) writes.shift()?.();
          if (event.type === 'validation') writes.shift()?.();
        },
      },
    );
    // The last one's writing ends when the run waits for it.
    const ended = trainer.run();
    const finish = setInterval(() => of('validation', events).length > 0 && writes.shift()?.(), 1);
    await ended;
    clearInterval(finish);
    dispose();
    expect(
      events.filter(({ type }) => type === 'step' || type === 'checkpoint').map(({ type }) => type),
    ).to.deep.equal(['step', 'step', 'step', 'checkpoint', 'step', 'checkpoint', 'checkpoint']);
  });

  it('fails at the next save, or at the end, where a checkpoint could not be written', async () => {
    for (const [every, steps] of [
      ['1', 2],
      ['null', 4],
    ] as const) {
      const { trainer, events, dispose } = await prepareTrainer(
        ['dataset.train=8', `train.checkpointEvery=${every}`, 'train.epochs=1'],
        {
          save: () => {
            const written = Promise.reject(new Error('disk full'));
            written.catch(() => undefined);
            return Promise.resolve({ file: 'last', written });
          },
        },
      );
      const error: unknown = await trainer.run().catch((thrown: unknown) => thrown);
      expect(error).to.have.property('message', 'disk full');
      expect(of('step', events)).to.have.length(steps);
      expect(of('checkpoint', events)).to.have.length(0);
      dispose();
    }
  });

  it('leaves as many tensors after each epoch as after the first', async () => {
    const counts: number[] = [];
    const prepared = await prepareTrainer(['train.epochs=4', 'train.clipNorm=1', 'train.checkpointEvery=1'], {
      onEvent: ({ type }) => type === 'validation' && counts.push(tf.memory().numTensors),
    });
    await prepared.trainer.run();
    expect(counts).to.have.length(4);
    expect(new Set(counts).size).to.equal(1);
    prepared.dispose();
  });

  it('stops at a signal after the step under way, saved, in the midst of an epoch or at its end', async () => {
    for (const stopAt of [1, 2]) {
      const stop = new AbortController();
      const { trainer, events, dispose } = await prepareTrainer([], {
        signal: stop.signal,
        onEvent: (event) => event.type === 'step' && event.step === stopAt && stop.abort(),
      });
      expect(await trainer.run()).to.equal('interrupted');
      expect(events.slice(-3).map(({ type }) => type)).to.deep.equal(['step', 'checkpoint', 'stopped']);
      expect(trainer.progress).to.include({ step: stopAt, stepInEpoch: stopAt, epoch: 0 });
      dispose();
    }
  });

  it('goes on from a restored position as if it had not stopped', async () => {
    const whole = await runTrainer(['train.epochs=2']);
    const stop = new AbortController();
    const first = await prepareTrainer(['train.epochs=2'], { signal: stop.signal });
    stop.abort();
    await first.trainer.run();
    const second = await prepareTrainer(['train.epochs=2']);
    for (const [name, part] of Object.entries(second.trainer.parts))
      part.restore(first.trainer.parts[name]!.state);
    await second.trainer.run();
    const numbers = (events: readonly TrainingEvent[]) =>
      events.filter(({ type }) => ['step', 'epoch', 'validation'].includes(type)).map(timeless);
    expect([...numbers(first.events), ...numbers(second.events)]).to.deep.equal(numbers(whole.events));
    first.dispose();
    second.dispose();
  });
});
