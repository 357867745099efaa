import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import type { NamedGradients } from '../../../core/index.js';
import { describeOnEach } from '../../engines.js';
import { distance, expectTensor, normOf, relativeError } from '../../oracles/compare.js';
import { hashed, readTensors } from '../../oracles/values.js';
import {
  buildGolden,
  golden,
  goldenBatch,
  goldenGradients,
  main,
  type CaseOptions,
  type GoldenCase,
  type GoldenNetwork,
  type RecordedPass,
} from './golden.js';

/** A loss is a mean over thousands of pixels: float32 keeps it to a few units of its last place. */
const lossTolerance = 5e-7;

/**
 * ‖g − g*‖ / ‖g*‖ of a parameter: half as much again as PyTorch's own float32 comes to with channels innermost, 6.8e-5 with
 * ResNet 18 and 3.0e-4 with ResNet 50, whose rounding errors grow through three times as many batch norms over 12 values
 * (test/oracles/precision.py). The sums within convolutions make most of it: float64 arithmetic on float32 tensors comes to
 * 8e-6 and 4e-5. A ReLU that flips would make 1e-3.
 */
function gradientTolerance({ backbone }: CaseOptions): number {
  return backbone === 50 ? 4.5e-4 : 1e-4;
}

/** What rounding may leave where there is no gradient (a bias before batch norm), relative to the norm of all gradients. */
const zeroTolerance = 5e-7;

function relative(found: number, wanted: number): number {
  return Math.abs(found - wanted) / Math.abs(wanted);
}

function scalar(tensor: tf.Tensor): number {
  return tensor.dataSync()[0]!;
}

/** L_t and its terms, as network.json names them. */
function expectLosses({ losses }: RecordedPass, { losses: wanted }: GoldenCase): void {
  for (const [task, { total, direct, transferred, cycled }] of Object.entries(losses)) {
    expect(relative(scalar(total), wanted.task[task]!), `L of ${task}`).to.be.at.most(lossTolerance);
    expect(relative(scalar(direct), wanted.direct[task]!), `direct loss of ${task}`).to.be.at.most(
      lossTolerance,
    );
    for (const [to, term] of Object.entries(transferred)) {
      const edge = `${task}-${to}`;
      expect(relative(scalar(term), wanted.transferred[edge]!), edge).to.be.at.most(lossTolerance);
    }
    for (const [through, term] of Object.entries(cycled)) {
      const edge = `${task}-${through}`;
      expect(relative(scalar(term), wanted.cycled[edge]!), `${edge} and back`).to.be.at.most(lossTolerance);
    }
  }
  for (const kind of ['transferred', 'cycled'] as const) {
    const edges = Object.entries(losses).flatMap(([from, terms]) =>
      Object.keys(terms[kind]).map((to) => `${from}-${to}`),
    );
    expect(edges, kind).to.have.members(Object.keys(wanted[kind]));
  }
}

/** Eq. 16 with the weighter's own terms: L = Σ ω_t L_t + b s_t. */
async function totalOf(
  { weighter }: GoldenNetwork,
  pass: RecordedPass,
  { weighting }: CaseOptions,
): Promise<number> {
  const omegas = await weighter.weights();
  const weighted = pass.problem.losses.reduce((sum, loss, task) => sum + omegas[task]! * loss, 0);
  const penalty = { authors: 1, kendall: 0.5, equal: 0 }[weighting];
  return Object.values(weighter.parameters).reduce((sum, s) => sum + penalty * scalar(s), weighted);
}

/** Every gradient by its norm and its products with two probes; a zero gradient relative to all of them. */
function expectGradients(gradients: NamedGradients, { gradients: wanted, options }: GoldenCase): void {
  const all = normOf(Object.values(wanted).map(([norm]) => norm));
  for (const [name, [norm, ...products]] of Object.entries(wanted)) {
    const gradient = gradients[name];
    if (!gradient) return expect.fail(`no gradient of ${name}`);
    const values = gradient.dataSync<'float32'>();
    if (norm === 0) {
      expect(normOf(values) / all, name).to.be.at.most(zeroTolerance);
      continue;
    }
    const tolerance = gradientTolerance(options);
    expect(Math.abs(normOf(values) - norm) / norm, `norm of ${name}`).to.be.at.most(tolerance);
    products.forEach((product, index) => {
      const probe = hashed(`probe${index}:${name}`, gradient.shape, 1);
      const found = values.reduce((sum, value, place) => sum + value * probe[place]!, 0);
      // The error of the product is that of the gradient along the probe.
      expect(Math.abs(found - product) / norm, `probe ${index} of ${name}`).to.be.at.most(tolerance);
    });
  }
}

describeOnEach('the small networks', () => {
  it('have the inputs that the golden values were made with', () => {
    const { image, targets } = goldenBatch();
    const sum = (values: Float32Array): number => values.reduce((total, value) => total + value, 0);
    const { segmentation, depth } = targets;
    expect(sum(segmentation!.mask)).to.equal(golden.inputs.labelledPixels);
    expect(sum(segmentation!.value)).to.equal(golden.inputs.sumOfLabels);
    expect(sum(depth!.mask)).to.equal(golden.inputs.pixelsWithDepth);
    expect(sum(depth!.value)).to.be.closeTo(golden.inputs.sumOfDepths, 1e-4);
    expect(sum(image)).to.be.closeTo(golden.inputs.sumOfImage, 1e-4);
  });

  for (const [name, wanted] of Object.entries(golden.cases)) {
    it(`${name}: losses, and the gradient of every parameter`, async () => {
      const { options, logVarianceGradients = {} } = wanted;
      const network = buildGolden(options);
      const { pass, gradients } = await goldenGradients(
        network,
        goldenBatch(options.batch, options.depthLabels),
      );
      expectLosses(pass, wanted);
      expect(relative(await totalOf(network, pass, options), wanted.losses.total)).to.be.at.most(
        lossTolerance,
      );
      const own = Object.keys(logVarianceGradients).map((task) => `logVariance.${task}`);
      expect(Object.keys(gradients)).to.have.members([...Object.keys(wanted.gradients), ...own]);
      expectGradients(gradients, wanted);
      for (const [task, slope] of Object.entries(logVarianceGradients)) {
        expect(scalar(gradients[`logVariance.${task}`]!), `∂L/∂s of ${task}`).to.be.closeTo(slope, 1e-6);
      }
      tf.dispose(gradients);
      pass.dispose();
      network.dispose();
    });
  }

  it('xtc-soft: predictions', () => {
    const wanted = readTensors('network-predictions.safetensors');
    const network = buildGolden();
    const { model } = network;
    tf.tidy(() => {
      const { image, shape } = goldenBatch();
      const { direct, transferred } = model.forward(tf.tensor4d(image, [...shape]), {
        training: true,
        transfer: true,
      });
      for (const [task, prediction] of Object.entries(direct)) {
        expectTensor(prediction, wanted[`direct.${task}`]!, 1e-5, task);
      }
      for (const { from, to, prediction } of transferred) {
        const edge = `${from.name}-${to.name}`;
        expectTensor(prediction, wanted[`transferred.${edge}`]!, 1e-5, edge);
      }
      expect(Object.keys(direct).length + transferred.length).to.equal(Object.keys(wanted).length);
    });
    network.dispose();
  });

  it('xtc-soft: every gradient in full', async () => {
    const wanted = readTensors('network-gradients.safetensors');
    const network = buildGolden();
    const { pass, gradients } = await goldenGradients(network, goldenBatch());
    const all = normOf(Object.values(main.gradients).map(([norm]) => norm));
    const errors: number[] = [];
    const relativeErrors: number[] = [];
    for (const [name, { data, shape }] of Object.entries(wanted)) {
      const gradient = gradients[name]!;
      expect(gradient.shape, name).to.deep.equal(shape);
      const values = gradient.dataSync();
      errors.push(distance(values, data));
      if (data.every((value) => value === 0)) {
        expect(normOf(values) / all, name).to.be.at.most(zeroTolerance);
        continue;
      }
      const error = relativeError(values, data);
      expect(error, name).to.be.at.most(gradientTolerance(main.options));
      relativeErrors.push(error);
    }
    expect(normOf(errors) / all, 'of all gradients together').to.be.at.most(1e-5);
    const ordered = relativeErrors.toSorted((left, right) => left - right);
    expect(ordered[ordered.length >> 1], 'of half the parameters').to.be.at.most(1e-5);
    tf.dispose(gradients);
    pass.dispose();
    network.dispose();
  });
});
