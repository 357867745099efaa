import * as tf from '@tensorflow/tfjs';
import { MaxPool2d, residualBlock, type Network } from '../../../core/index.js';
import { attend } from '../common/attend.js';
import { makePart, outputsOf, partsByName } from '../common/parts.js';
import { taskHead } from '../pooled-head.js';
import { wayOutputs, wayShapes } from '../task-ways.js';
import { encoderGraph, type EncoderSettings, type SectionMaps } from './encoders.js';

/**
 * MTAN on a ResNet, as Vandenhende et al. 2021 have it (https://arxiv.org/abs/2004.13379; LibMTL's is the same with bottlenecks): an
 * encoder shared by the tasks, and per task an attention module at the end of each residual stage. It sees what the stage's last block
 * is fed and the task's attended map of the stage before, and its mask multiplies what that block gives; its hidden channels are a
 * quarter of the stage's. A bottleneck that all tasks share and 2×2 max-pooling bring an attended map to the next stage. Each task's
 * decoder is fed its attended maps, and the stem's map.
 *
 * Parts: `encoder`, `attention`, `decoder.TASK`.
 */
export function attentionOnEncoder(settings: EncoderSettings): Network {
  const { tasks, encoder: sectioned, decoderChannels: channels, ...context } = settings;
  const { image, columns } = encoderGraph(settings, ['']);
  const [stem, ...stages] = columns[0]!;
  const seen = stages.flatMap(({ before, last }) => [before, last]);
  const encoder = tf.model({ inputs: image, outputs: [stem!.last, ...seen], name: 'encoder' });
  sectioned.initialize(encoder, { ...context, name: 'encoder' }, ['']);
  const graph = attentionGraph(
    stages,
    tasks.map(({ name }) => `${name}.`),
  );
  const attention = makePart('attention', graph.inputs, graph.attended.flat(), context);
  const ways = tasks.map((task, index) => {
    const own = graph.attended[index]!;
    const decoder = taskHead(task, { context, features: [stem!.last, ...own], channels });
    return { name: task.name, coarsest: own.at(-1)!, decoder, index };
  });
  return {
    parts: partsByName([encoder, attention, ...ways.map(({ decoder }) => decoder)]),
    featureShapes: wayShapes(ways),
    forward(images, options) {
      const [fine, ...maps] = outputsOf(encoder, images, options.training);
      const attended = outputsOf(attention, maps, options.training);
      const count = stages.length;
      return wayOutputs(
        ways,
        ({ index }) => [fine!, ...attended.slice(index * count, (index + 1) * count)],
        options,
      );
    },
  };
}

/** The masks of all tasks: the maps of the stages → each task's attended ones. */
function attentionGraph(
  stages: readonly SectionMaps[],
  prefixes: readonly string[],
): {
  /** What each stage's last block is fed and what it gives, stage by stage. */
  readonly inputs: readonly tf.SymbolicTensor[];
  /** By task, by stage. */
  readonly attended: readonly (readonly tf.SymbolicTensor[])[];
} {
  const maps = stages.map(({ before, last }, index) => {
    const input = ({ shape }: tf.SymbolicTensor, name: string): tf.SymbolicTensor =>
      tf.input({ shape: shape.slice(1), name: `${name}${index + 1}` });
    return { before: input(before, 'before'), last: input(last, 'last') };
  });
  const channels = maps.map(({ last }) => last.shape.at(-1)!);
  const refine = channels
    .slice(1)
    .map((next, index) => bottleneck(`refine${index + 1}`, channels[index]!, next));
  const attended = prefixes.map((prefix) => {
    const found: tf.SymbolicTensor[] = [];
    maps.forEach(({ before, last }, index) => {
      const name = `${prefix}stage${index + 1}`;
      const seen = [before];
      if (index > 0) {
        const pool = new MaxPool2d({ name: `${name}.pool`, poolSize: 2, stride: 2 });
        seen.push(pool.apply(refine[index - 1]!(found.at(-1)!)) as tf.SymbolicTensor);
      }
      found.push(attend(seen, last, name, quarter(channels[index]!)));
    });
    return found;
  });
  return { inputs: maps.flatMap(({ before, last }) => [before, last]), attended };
}

function bottleneck(name: string, inputs: number, out: number): (x: tf.SymbolicTensor) => tf.SymbolicTensor {
  const inner = quarter(out);
  return residualBlock({
    name,
    inputs,
    convolutions: [
      { filters: inner, kernelSize: 1 },
      { filters: inner, kernelSize: 3 },
      { filters: out, kernelSize: 1 },
    ],
  });
}

/** A narrow network has fewer than four channels. */
function quarter(channels: number): number {
  return Math.max(1, Math.floor(channels / 4));
}
