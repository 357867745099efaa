import { z } from 'zod';
import { badValue, type ArchitectureContext, type Network } from '../../core/index.js';
import type { EncoderSettings } from './resnet/encoders.js';
import { segNetSettings, type SegNetSettings } from './segnet/settings.js';
import { publishedChannels } from './unet-decoder.js';

/** Options of the architectures that have a form for SegNet and one for ResNets. */
export const formOptions = z.strictObject({
  decoderChannels: z
    .int()
    .min(1)
    .optional()
    .describe(`Channels of the U-Net decoders on a ResNet; ${publishedChannels} where it is not given.`),
});

/** An architecture's forms. */
export interface Forms {
  /** Its name in the config. */
  readonly name: string;
  /** On a backbone with SegNet's stages, whose decoder mirrors them. */
  readonly segNet: (settings: SegNetSettings) => Network;
  /** On an encoder in sections, with U-Net decoders. */
  readonly resNet: (settings: EncoderSettings) => Network;
}

/**
 * The form that fits the backbone.
 * @throws MtlError where none does, or what belongs to the other form is given
 */
export function formFor(
  { name, segNet, resNet }: Forms,
  { backbone, ...context }: ArchitectureContext,
  { decoderChannels }: z.infer<typeof formOptions>,
): Network {
  if (backbone.stages) {
    if (decoderChannels === undefined) return segNet(segNetSettings(name, { ...context, backbone }));
    throw badValue('CONFIG_INVALID', {
      what: 'architecture.decoderChannels',
      expected: 'it to be absent with this backbone, whose decoder mirrors it',
      found: String(decoderChannels),
      fix: 'leave it out, or set `backbone: resnet34`',
    });
  }
  const { sectioned: encoder } = backbone;
  if (encoder) return resNet({ ...context, encoder, decoderChannels: decoderChannels ?? publishedChannels });
  throw badValue('CONFIG_INVALID', {
    what: 'backbone',
    expected: `one in stages or sections for the architecture ${name}`,
    found: 'one of a piece',
    fix: 'set `backbone: segnet` or one of the ResNets, e.g. `backbone: resnet34`',
  });
}
