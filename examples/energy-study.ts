/**
 * Does the consistency energy find the wrong pixels? For runs with the tasks `segmentation` and `depth`, over the labelled
 * pixels of their test splits: how well the energy, its two halves, and the entropy of the softmax (what a network
 * without transfer nets has to offer) tell wrong classes and wrong depths. Mean ± standard deviation over the runs.
 *
 *     node dist/examples/energy-study.js runs/scenes-0 runs/scenes-1 runs/scenes-2
 */
import * as tf from '@tensorflow/tfjs';
import {
  collate,
  loadRunConfig,
  openSession,
  prepare,
  readCheckpoint,
  restoreCheckpoint,
  RunFolder,
} from 'crosstask';
import type { Model, Session } from 'crosstask';
import { builtin } from 'crosstask/plugins';
import { auroc, spearman } from './ranking.js';

const signals = ['energy', 'KL half', 'depth half', 'entropy', 'predicted depth'] as const;
type Signal = (typeof signals)[number];

/** Of every labelled pixel. */
interface Pixels {
  readonly signals: Readonly<Record<Signal, number[]>>;
  /** 1 where the class is wrong. */
  readonly wrongClass: number[];
  /** |ŷ − y| / y */
  readonly depthError: number[];
}

type Figures = Readonly<Record<string, number>>;

const figures: Figures[] = [];
for (const run of process.argv.slice(2)) figures.push(await study(run));
report(figures);
process.exit();

async function study(run: string): Promise<Figures> {
  const session = await openSession(await loadRunConfig(run, [builtin]), { initialize: false });
  restoreCheckpoint(readCheckpoint(new RunFolder(run).best), { model: session.model });
  const classes = await pixelsOf(session, 'segmentation');
  const depths = await pixelsOf(session, 'depth');
  session.dispose();
  const worst = [...depths.depthError].sort((a, b) => b - a)[Math.floor(depths.depthError.length / 10)]!;
  const over = (limit: number): number[] => depths.depthError.map((error) => Number(error > limit));
  const share = (flags: readonly number[]): number =>
    flags.reduce((sum, flag) => sum + flag, 0) / flags.length;
  const all: Record<string, number> = {
    'share of wrong classes': share(classes.wrongClass),
    'share of depths more than 25 % off': share(over(0.25)),
  };
  for (const signal of signals) {
    all[`AUROC wrong class | ${signal}`] = auroc(classes.signals[signal], classes.wrongClass);
    all[`AUROC depth > 25 % off | ${signal}`] = auroc(depths.signals[signal], over(0.25));
    all[`AUROC depth, worst decile | ${signal}`] = auroc(depths.signals[signal], over(worst));
    all[`Spearman with relative depth error | ${signal}`] = spearman(
      depths.signals[signal],
      depths.depthError,
    );
  }
  return all;
}

/** All pixels of the test split that have labels of one task. */
async function pixelsOf(session: Session, labelled: 'segmentation' | 'depth'): Promise<Pixels> {
  const { tasks, model, dataset } = session;
  const split = await dataset.split('test');
  const pixels: Pixels = {
    signals: { energy: [], 'KL half': [], 'depth half': [], entropy: [], 'predicted depth': [] },
    wrongClass: [],
    depthError: [],
  };
  for (let index = 0; index < split.length; index++) {
    const { image, shape, targets } = collate([prepare(await split.sample(index), tasks)]);
    const said = saidOf(model, tf.tensor4d(image, [...shape]));
    const { value, mask } = targets[labelled]!;
    mask.forEach((isLabelled, pixel) => {
      if (!isLabelled) return;
      for (const signal of signals) pixels.signals[signal].push(said[signal][pixel]!);
      if (labelled === 'segmentation') pixels.wrongClass.push(Number(said.classes[pixel] !== value[pixel]));
      else pixels.depthError.push(Math.abs(said['predicted depth'][pixel]! - value[pixel]!) / value[pixel]!);
    });
  }
  return pixels;
}

/** What the model says about one image, pixel by pixel. */
function saidOf(model: Model, image: tf.Tensor4D) {
  const said = tf.tidy(() => {
    const { direct, transferred } = model.forward(image, { training: false, transfer: true });
    const half = (task: string): tf.Tensor => {
      const { to, prediction } = transferred.find((each) => each.to.name === task)!;
      return tf.div(to.transfer.energy(prediction, direct[task]!), 2);
    };
    const [divergence, distance] = [half('segmentation'), half('depth')];
    const logs = tf.logSoftmax(direct.segmentation!, 3);
    return {
      energy: tf.add(divergence, distance),
      'KL half': divergence,
      'depth half': distance,
      entropy: tf.neg(tf.sum(tf.mul(tf.exp(logs), logs), 3)),
      'predicted depth': direct.depth!.clone(),
      classes: tf.argMax(direct.segmentation!, 3),
    };
  });
  image.dispose();
  const read = (name: keyof typeof said): ArrayLike<number> => said[name].dataSync();
  const values = {
    energy: read('energy'),
    'KL half': read('KL half'),
    'depth half': read('depth half'),
    entropy: read('entropy'),
    'predicted depth': read('predicted depth'),
    classes: read('classes'),
  };
  tf.dispose(said);
  return values;
}

function report(all: readonly Figures[]): void {
  for (const name of Object.keys(all[0] ?? {})) {
    const values = all.map((run) => run[name]!);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    const deviation = Math.sqrt(squares / Math.max(1, values.length - 1));
    const each = values.map((value) => value.toFixed(3)).join(', ');
    console.log(`${name.padEnd(56)} ${mean.toFixed(3)} ± ${deviation.toFixed(3)}   (${each})`);
  }
}
