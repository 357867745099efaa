import { z } from 'zod';
import { definePart, messageOf, type Engine } from '../../../core/index.js';
import { tfjsVersion, type PeerPackage } from '../common/peer-packages.js';
import { checkOf, unusable, type Problem } from '../common/problem.js';
import { inspect, packages, type Flavour, type Surroundings } from './find-package.js';

const options = z.strictObject({
  package: z
    .enum(['auto', 'gpu', 'cpu'])
    .default('auto')
    .describe(
      `gpu: ${packages.gpu}; cpu: ${packages.cpu}; auto takes the first of them that is installed and fits.`,
    ),
});

/**
 * TensorFlow itself, by TensorFlow.js' bindings for Node: `@tensorflow/tfjs-node-gpu` (CUDA 11.2, cuDNN 8.1) or
 * `@tensorflow/tfjs-node`, installed beside crosstask. Their install script downloads libtensorflow from outside the
 * package registry, and they run in Node up to 22. Tested against a stand-in for these packages only.
 */
export const tensorflow = definePart({
  description:
    'TensorFlow 2.9 by tfjs-node-gpu (CUDA 11.2) or tfjs-node: Node up to 22, installed beside crosstask.',
  options,
  create: ({ package: choice }): Engine => {
    const flavours: readonly Flavour[] = choice === 'auto' ? ['gpu', 'cpu'] : [choice];
    return {
      name: 'tensorflow',
      priority: 30,
      check: () => Promise.resolve(checkOf(choosePackage(flavours))),
      start: () => start(flavours),
    };
  },
});

interface Chosen {
  readonly found: PeerPackage;
  readonly detail: string;
}

/** The first of the packages that fits, or why none does. Loads nothing. */
export function choosePackage(
  flavours: readonly Flavour[],
  surroundings: Surroundings = {
    tfjs: tfjsVersion(),
    node: process.versions.node,
    napi: Number(process.versions.napi),
  },
): Chosen | Problem {
  const problems: Problem[] = [];
  for (const flavour of flavours) {
    const found = inspect(flavour, surroundings);
    if (!found) continue;
    if ('reason' in found) problems.push(found);
    else {
      const passedOver = problems.map(({ reason }) => `; not taken: ${reason}`);
      return { found, detail: [found.name, ' ', found.version, ...passedOver].join('') };
    }
  }
  return problems.length > 0 ? joined(problems) : notInstalled(flavours);
}

function joined(problems: readonly Problem[]): Problem {
  return {
    reason: problems.map(({ reason }) => reason).join('; '),
    fix: [...new Set(problems.map(({ fix }) => fix))].join(', or '),
  };
}

function notInstalled(flavours: readonly Flavour[]): Problem {
  const names = flavours.map((flavour) => packages[flavour]);
  const purpose = { gpu: ' (CUDA 11.2 and cuDNN 8.1)', cpu: ' (processor)' };
  return {
    reason: `not installed: ${names.join(' or ')}`,
    fix: flavours.map((flavour) => `npm install ${packages[flavour]}${purpose[flavour]}`).join(', or '),
  };
}

async function start(flavours: readonly Flavour[]): Promise<void> {
  const chosen = choosePackage(flavours);
  if ('reason' in chosen) throw unusable('tensorflow', chosen);
  const { found } = chosen;
  const told = `${found.name} ${found.version}`;
  const tf = await import('@tensorflow/tfjs');
  try {
    await import(found.url);
  } catch (error) {
    throw unusable('tensorflow', {
      reason: `${told} cannot be loaded: ${firstLine(messageOf(error))}`,
      fix: `npm rebuild ${found.name}, or choose another engine`,
    });
  }
  // The type promises a factory; the engine gives null for an unknown one.
  if (!(tf.findBackendFactory('tensorflow') as unknown) || !(await tf.setBackend('tensorflow'))) {
    throw unusable('tensorflow', {
      reason: `${told} started no backend`,
      fix: `npm rebuild ${found.name}, or choose another engine`,
    });
  }
  await tf.ready();
  if (found.name === packages.gpu) warnWithoutGpu(tf.backend() as unknown as NodeBackend);
  const { registerTensorflowKernels } = await import('./kernels/index.js');
  registerTensorflowKernels();
}

/** The packages' backend, as far as it is touched here. */
interface NodeBackend {
  readonly isUsingGpuDevice: boolean;
}

function warnWithoutGpu({ isUsingGpuDevice }: NodeBackend): void {
  if (isUsingGpuDevice) return;
  process.emitWarning(
    `engine tensorflow: ${packages.gpu} finds no graphics card that it can use; it needs CUDA 11.2 and cuDNN 8.1. ` +
      'It computes on the processor',
  );
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}
