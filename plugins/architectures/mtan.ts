import { definePart, type Architecture, type Network } from '../../core/index.js';
import { formFor, formOptions } from './forms.js';
import { attentionOnEncoder } from './resnet/attention.js';
import { attentionNetwork } from './segnet/attention.js';

/**
 * MTAN (Liu, Johns & Davison 2019, https://arxiv.org/abs/1803.10704): a shared encoder and attention modules per task; on SegNet as
 * published, on ResNets in the form that the field compares.
 */
export const mtan = definePart({
  description: 'A SegNet or ResNet shared by all tasks, attention modules per task (MTAN).',
  options: formOptions,
  create: (options): Architecture => ({
    build: (context): Network =>
      formFor({ name: 'mtan', segNet: attentionNetwork, resNet: attentionOnEncoder }, context, options),
  }),
});
