import * as tf from '@tensorflow/tfjs';
import type { Network } from '../../../core/index.js';
import { outputsOf, partsByName } from '../common/parts.js';
import { stitch, type StitchUnitArgs } from '../common/stitch.js';
import { taskHead } from '../pooled-head.js';
import { wayOutputs, wayShapes } from '../task-ways.js';
import { encoderGraph, type EncoderSettings } from './encoders.js';

/**
 * Cross-stitch networks on ResNets, after Vandenhende et al. 2021 (https://arxiv.org/abs/2004.13379): an encoder per task with
 * cross-stitch units after each of its stages, and a decoder per task. Misra et al. 2016 have one after every pooling, that is at
 * every resolution: so there is one after the stem, too, and all maps that the decoders are fed are mixed.
 *
 * Parts: `encoder`, in which a task's layers are named as in `encoder.TASK` of networks side by side, and `decoder.TASK`. So a file
 * of trained single networks is one to start from; it lacks the units alone.
 */
export function stitchedEncoders(settings: EncoderSettings, unit: StitchUnitArgs): Network {
  const { tasks, encoder: sectioned, decoderChannels: channels, ...context } = settings;
  const prefixes = tasks.map(({ name }) => `${name}.`);
  const { image, columns } = encoderGraph(settings, prefixes, (maps, level) =>
    stitch(maps, { ...unit, name: `stitch${level}` }),
  );
  const fed = columns.map((column) => column.map(({ last }) => last));
  const distinct = [...new Set(fed.flat())];
  const encoder = tf.model({ inputs: image, outputs: distinct, name: 'encoder' });
  sectioned.initialize(encoder, { ...context, name: 'encoder' }, prefixes);
  const ways = tasks.map((task, index) => {
    const features = fed[index]!;
    const decoder = taskHead(task, { context, features, channels });
    return { name: task.name, features, coarsest: features.at(-1)!, decoder };
  });
  return {
    parts: partsByName([encoder, ...ways.map(({ decoder }) => decoder)]),
    dispensable: sectioned.sections.map((_, index) => `encoder.stitch${index + 1}.weights`),
    featureShapes: wayShapes(ways),
    forward(images, options) {
      const maps = outputsOf(encoder, images, options.training);
      return wayOutputs(ways, ({ features }) => features.map((map) => maps[distinct.indexOf(map)]!), options);
    },
  };
}
