import type { Optimizer, Stateful, Task, Weighter } from '../contracts/index.js';
import type { Config } from '../config/schema.js';
import { evaluate, modelPredictor, type EvaluationData, type MetricValues } from '../evaluation/evaluate.js';
import type { HostBatch, Loader } from '../data/index.js';
import { badValue, MtlError } from '../errors.js';
import { interruption, isInterruption } from '../interruption.js';
import type { Model } from '../model/index.js';
import type { Consistency } from '../objective/index.js';
import { pause } from '../pause.js';
import { currentWorld } from '../world/current.js';
import { Anchor } from './anchor.js';
import type { Auxiliaries } from './auxiliaries.js';
import { comparison, type IsBetter } from './best.js';
import type { EventListener } from './events.js';
import { explainMemory } from './out-of-memory.js';
import { Progress } from './progress.js';
import { Recovery } from './recovery.js';
import { Saves, type Save } from './saving/saves.js';
import { learningRateFactor } from './schedule.js';
import { observeTargets, statisticsParts } from './statistics.js';
import { Stepper } from './stepper.js';
import { isToStop, waitingSignal } from './stopping.js';
import type { Trouble } from './trouble.js';
import { Waiting } from './waiting.js';

/** What a training is made of. */
export interface TrainerArgs {
  readonly settings: Config['train'];
  readonly tasks: readonly Task[];
  readonly model: Model;
  readonly consistency: Consistency | undefined;
  readonly weighter: Weighter;
  readonly optimizer: Optimizer;
  /** Absent: none. */
  readonly auxiliaries?: Auxiliaries | undefined;
  readonly train: Loader;
  readonly val: Loader;
  readonly onEvent: EventListener;
  readonly save: Save;
  /** Aborting it finishes the step under way, saves and stops. */
  readonly signal?: AbortSignal | undefined;
  /** Keeps the batch that ends the run. @returns what is added to the message: where it is */
  readonly onTrouble?: ((trouble: Trouble) => string) | undefined;
  /** Told what is predicted in each validation. */
  readonly onPredictions?: EvaluationData['onPredictions'];
}

/** Whether a run came to its end, or was stopped before. */
export type Outcome = 'finished' | 'interrupted';

/** Trains a model: epochs, validation, the best model, checkpoints. Resumes wherever `parts` were restored to. */
export class Trainer {
  readonly progress = new Progress();
  /** All that a checkpoint holds. */
  readonly parts: Readonly<Record<string, Stateful>>;
  private readonly stepper: Stepper;
  private readonly anchor: Anchor | undefined;
  private readonly recovery: Recovery;
  private readonly isBetter: IsBetter;
  private readonly stepsPerEpoch: number;
  /** In the epoch that is under way. */
  private readonly waiting = new Waiting();
  private readonly saves: Saves;

  constructor(private readonly args: TrainerArgs) {
    const { model, weighter, optimizer, auxiliaries, settings, train, tasks, onEvent, onTrouble } = args;
    this.saves = new Saves(args.save, (step, file) => onEvent({ type: 'checkpoint', step, file }));
    const moving = { model, weighter, optimizer, ...auxiliaries?.parts };
    this.anchor =
      settings.nonFinite === 'rollback' ? new Anchor(moving, () => this.progress.step) : undefined;
    this.parts = {
      ...moving,
      progress: this.progress,
      ...statisticsParts(tasks),
      ...(this.anchor ? { anchor: this.anchor } : {}),
    };
    const { anchor, progress } = this;
    this.recovery = new Recovery({ settings, progress, anchor, onEvent, onTrouble });
    this.stepper = new Stepper({ ...args, clipNorm: settings.clipNorm });
    this.isBetter = comparison(settings.best, tasks);
    this.stepsPerEpoch = train.batchCount({ batchSize: settings.batchSize, dropLone: true });
    if (this.stepsPerEpoch === 0) {
      throw badValue('DATA_INVALID', {
        what: 'the training split',
        expected: 'at least 2 images',
        found: String(train.length),
      });
    }
  }

  /** @throws MtlError; what was saved before stays. */
  async run(): Promise<Outcome> {
    const { settings, onEvent } = this.args;
    const { progress } = this;
    try {
      await this.train();
    } catch (error) {
      if (!isInterruption(error)) throw explainMemory(error, settings.batchSize);
      // Before the first step there is nothing that another start would not make again.
      if (progress.step === 0) return 'interrupted';
      await this.save();
      await this.saves.settled;
      onEvent({ type: 'stopped', step: progress.step, reason: 'interrupted' });
      return 'interrupted';
    } finally {
      this.anchor?.dispose();
    }
    if (this.exhausted()) onEvent({ type: 'stopped', step: progress.step, reason: 'no improvement' });
    return 'finished';
  }

  private async train(): Promise<void> {
    const { settings, train, val, model, onEvent } = this.args;
    const { progress } = this;
    onEvent({
      type: 'start',
      epochs: settings.epochs,
      stepsPerEpoch: this.stepsPerEpoch,
      batchSize: settings.batchSize,
      trainSamples: train.length,
      valSamples: val.length,
      parameters: Object.values(model.parameters).reduce((total, { size }) => total + size, 0),
      resumedAt: progress.step,
    });
    if (progress.step === 0) await this.observeTargets();
    if (this.anchor?.isEmpty) this.anchor.take();
    if (progress.validationDue) await this.finishEpoch();
    // Where the run was stopped between an epoch's last step and its end.
    else if (progress.stepInEpoch === this.stepsPerEpoch) await this.endEpoch();
    if (progress.epoch < settings.epochs && !this.exhausted()) await this.takeSteps();
    await this.saves.settled;
  }

  /**
   * The steps that are still to be done, and the ends of their epochs. The next epoch's first batches are loaded while
   * the last steps of the one before, and its validation, go on.
   * @throws MtlError `INTERRUPTED` where the run is to stop
   */
  private async takeSteps(): Promise<void> {
    const { settings } = this.args;
    const { progress } = this;
    this.waiting.begin();
    let last = performance.now();
    for await (const batch of this.batches()) {
      this.waiting.arrived();
      await this.step(batch, last);
      last = performance.now();
      if (await isToStop(this.args.signal)) throw interruption();
      if (isEvery(settings.checkpointEvery, progress.step)) this.anchor?.take();
      if (this.savesNow()) await this.save();
      this.waiting.asked();
      await pause();
      if (progress.stepInEpoch < this.stepsPerEpoch) continue;
      await this.endEpoch();
      if (this.exhausted()) return;
      this.waiting.begin();
      last = performance.now();
    }
  }

  /** All that are still to come. */
  private batches(): AsyncGenerator<HostBatch, void, undefined> {
    const { settings, train } = this.args;
    const { epoch, stepInEpoch } = this.progress;
    const { augment, batchSize, seed } = settings;
    return train.batches({
      batchSize,
      shuffle: { seed, epoch },
      augment: augment === false ? undefined : augment,
      startBatch: stepInEpoch,
      epochs: settings.epochs - epoch,
      dropLone: true,
      share: currentWorld()?.world,
      signal: waitingSignal(this.args.signal),
    });
  }

  /** @param since when the step before ended, ms */
  private async step(batch: HostBatch, since: number): Promise<void> {
    const { settings, onEvent } = this.args;
    const { progress } = this;
    const position = progress.position(this.stepsPerEpoch);
    const learningRate = this.learningRate(position);
    const diagnose = settings.diagnostics !== null && progress.step % settings.diagnostics === 0;
    const taken = await this.stepper
      .step(batch, learningRate, { diagnose, index: progress.step, epoch: position })
      .catch((error: unknown) => this.recovery.withoutUpdate(error, batch, learningRate));
    this.anchor?.leave();
    progress.step += 1;
    progress.stepInEpoch += 1;
    const { epoch, step } = progress;
    if ('reason' in taken) {
      progress.skippedInEpoch += 1;
      onEvent({ ...taken, epoch, step });
      return;
    }
    const { losses, diagnostics } = taken;
    for (const [task, { total }] of Object.entries(losses)) progress.addLoss(task, total);
    const imagesPerSecond = (1000 * (batch.part?.of ?? batch.size)) / (performance.now() - since);
    const compared = diagnostics ? { diagnostics } : {};
    onEvent({ type: 'step', epoch, step, losses, learningRate, imagesPerSecond, ...compared });
  }

  /** @param epoch where the run is, see `Progress.position` */
  private learningRate(epoch: number): number {
    const { settings, optimizer } = this.args;
    const factor = learningRateFactor(settings.schedule, { epoch, epochs: settings.epochs });
    return optimizer.learningRate * factor * 0.5 ** this.progress.rollbacks;
  }

  private async endEpoch(): Promise<void> {
    const { settings, tasks, weighter, onEvent } = this.args;
    const { progress } = this;
    const steps = this.stepsPerEpoch - progress.skippedInEpoch;
    if (steps === 0) {
      throw new MtlError(
        'LOSS_NOT_FINITE',
        `Every step of epoch ${progress.epoch + 1} was passed over: no batch has finite losses and gradients any more; ` +
          'go back to an earlier checkpoint, or start with a lower learning rate (train.optimizer.lr)',
      );
    }
    const meanLosses = tasks.map(({ name }) => progress.lossSums[name]! / steps);
    weighter.endEpoch?.(meanLosses);
    const weights = await weighter.weights();
    const byTask = (values: readonly number[]): Record<string, number> =>
      Object.fromEntries(tasks.map(({ name }, index) => [name, values[index]!]));
    const { epoch, step } = progress;
    const means = { meanLosses: byTask(meanLosses), weights: byTask(weights) };
    onEvent({ type: 'epoch', epoch, step, ...means, waiting: this.waiting.share });
    progress.endEpoch();
    progress.validationDue =
      progress.epoch % settings.validateEvery === 0 || progress.epoch === settings.epochs;
    await this.finishEpoch();
  }

  private async finishEpoch(): Promise<void> {
    const best = this.progress.validationDue && (await this.validate());
    this.progress.validationDue = false;
    this.anchor?.take();
    await this.save(best);
  }

  /** Of the epoch that has just ended. @returns whether this is the best model so far */
  private async validate(): Promise<boolean> {
    const { onEvent, settings } = this.args;
    const { progress } = this;
    const metrics = await this.evaluateVal();
    const minDelta = settings.earlyStopping?.minDelta ?? 0;
    const best = progress.best === null || this.isBetter(metrics, progress.best, minDelta);
    if (best) {
      progress.best = metrics;
      progress.validationsSinceBest = 0;
    } else {
      progress.validationsSinceBest += 1;
    }
    onEvent({ type: 'validation', epoch: progress.epoch - 1, step: progress.step, metrics, best });
    return best;
  }

  private evaluateVal(): Promise<MetricValues> {
    const { val: loader, tasks, model, onEvent, onPredictions, settings } = this.args;
    return evaluate(modelPredictor(model), {
      loader,
      onPredictions,
      tasks,
      batchSize: settings.batchSize,
      signal: waitingSignal(this.args.signal),
      world: currentWorld()?.world,
      onProgress: (done, of) => onEvent({ type: 'validating', step: this.progress.step, done, of }),
    });
  }

  /** Shows the tasks that ask for it all training labels once. */
  private observeTargets(): Promise<void> {
    const { train, tasks, settings, onEvent } = this.args;
    return observeTargets(train, tasks, {
      batchSize: settings.batchSize,
      signal: waitingSignal(this.args.signal),
      onProgress: (done, of) => onEvent({ type: 'observing', done, of }),
    });
  }

  private exhausted(): boolean {
    const { earlyStopping } = this.args.settings;
    return earlyStopping !== null && this.progress.validationsSinceBest >= earlyStopping.patience;
  }

  private savesNow(): boolean {
    const { checkpointEvery, keepEvery } = this.args.settings;
    return isEvery(checkpointEvery, this.progress.step) || isEvery(keepEvery, this.progress.step);
  }

  private save(best = false): Promise<void> {
    return this.saves.take(this.parts, this.progress.step, best);
  }
}

function isEvery(every: number | null, step: number): boolean {
  return every !== null && step % every === 0;
}
