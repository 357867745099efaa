import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import type { MultiTaskProblem, NamedGradients } from '../../../core/index.js';
import { distance, normOf } from '../../oracles/compare.js';
import {
  buildGolden,
  golden,
  goldenBatch,
  recordPass,
  type CaseOptions,
  type GoldenNetwork,
  type RecordedPass,
} from '../model/golden.js';

/** ‖found − wanted‖ / ‖wanted‖ over all gradients together; the names must be the same. */
export function deviation(found: NamedGradients, wanted: NamedGradients): number {
  expect(Object.keys(found)).to.have.members(Object.keys(wanted));
  const names = Object.keys(wanted);
  const errors = names.map((name) => distance(found[name]!.dataSync(), wanted[name]!.dataSync()));
  return normOf(errors) / normOf(names.map((name) => normOf(wanted[name]!.dataSync())));
}

/** A network and a forward pass of it that was recorded. */
interface OpenCase {
  readonly network: GoldenNetwork;
  readonly pass: RecordedPass;
  /** Of a golden case; disposed of after the test. */
  readonly open: (name: string) => void;
  /** What a forward pass of its own gives. */
  readonly fromAnother: <T>(use: (problem: MultiTaskProblem) => T | Promise<T>) => Promise<T>;
  /** The tasks' gradients, each from a forward and a backward pass of its own: what everything else is compared with. */
  readonly taskGradients: () => Promise<readonly NamedGradients[]>;
}

/** What a suite's tests open, one each. */
export function openCases(): OpenCase {
  let network: GoldenNetwork;
  let pass: RecordedPass;
  let options: CaseOptions;
  let tensorsBefore: number;

  function record(): RecordedPass {
    return recordPass(network, goldenBatch(options.batch, options.depthLabels));
  }

  function open(name: string): void {
    tensorsBefore = tf.memory().numTensors;
    options = golden.cases[name]!.options;
    network = buildGolden(options);
    pass = record();
  }

  afterEach(() => {
    pass.dispose();
    network.dispose();
    expect(tf.memory().numTensors, 'tensors left').to.equal(tensorsBefore);
  });

  async function fromAnother<T>(use: (problem: MultiTaskProblem) => T | Promise<T>): Promise<T> {
    const other = record();
    try {
      return await use(other.problem);
    } finally {
      other.dispose();
    }
  }

  async function taskGradients(): Promise<readonly NamedGradients[]> {
    const passes = pass.problem.tasks.map((_, task) =>
      fromAnother((problem) =>
        problem.weighted(pass.problem.tasks.map((__, index) => (index === task ? 1 : 0))),
      ),
    );
    const found = await Promise.all(passes);
    return found.map((gradients) => {
      const isZero = (gradient: tf.Tensor): boolean => gradient.dataSync().every((value) => value === 0);
      const names = Object.keys(gradients).filter((name) => !isZero(gradients[name]!));
      tf.dispose(
        Object.entries(gradients).flatMap(([name, gradient]) => (names.includes(name) ? [] : [gradient])),
      );
      return Object.fromEntries(names.map((name) => [name, gradients[name]!]));
    });
  }

  return {
    get network() {
      return network;
    },
    get pass() {
      return pass;
    },
    open,
    fromAnother,
    taskGradients,
  };
}
