import { z } from 'zod';
import { definePart, type Architecture, type Network } from '../../core/index.js';
import { attentionNetwork } from './segnet/attention.js';
import { segNetSettings } from './segnet/parts.js';

/** MTAN (Liu, Johns & Davison 2019, https://arxiv.org/abs/1803.10704): a shared SegNet and attention modules per task. */
export const mtan = definePart({
  description: 'A SegNet shared by all tasks, attention modules per task (MTAN).',
  options: z.strictObject({}),
  create: (): Architecture => ({
    build: (context): Network => attentionNetwork(segNetSettings('mtan', context)),
  }),
});
