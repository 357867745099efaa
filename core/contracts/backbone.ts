import type * as tf from '@tensorflow/tfjs';
import type { Size } from './raster.js';

/** What a network's part is built for. */
export interface PartContext {
  /** Size of the input image. */
  readonly size: Size;
  /** Seeds the initial values, together with the parameters' names. */
  readonly seed: number;
  /** The part's name in the network, e.g. `encoder`; prefixes its parameters' names. */
  readonly name: string;
  /** False where the values are about to be overwritten: initial values cost time. */
  readonly initialize: boolean;
}

/** The part of a backbone that works at one resolution. */
export interface BackboneStage {
  /** Channels that it gives. */
  readonly channels: number;
  /** How many convolutions it has; a decoder that mirrors it has as many. */
  readonly convolutions: number;
  /** Puts it into a graph, its layers named `NAME.…` → what its first convolution gives, and what its last. */
  build(x: tf.SymbolicTensor, name: string): readonly [first: tf.SymbolicTensor, last: tf.SymbolicTensor];
}

/** What makes a feature map of a backbone of the one before it; the first, of the image. */
export interface BackboneSection {
  /**
   * Puts it into a graph, its layers named as in the whole encoder, after `prefix` → the maps that its blocks give, one after the
   * other; the last is the feature map.
   */
  build(x: tf.SymbolicTensor, prefix: string): readonly tf.SymbolicTensor[];
}

/** An encoder in pieces, for architectures that look into it or put something between its feature maps. */
export interface SectionedEncoder {
  /** One for each feature map, finest first. */
  readonly sections: readonly BackboneSection[];
  /**
   * What a graph of sections begins with, [batch, height, width, 3].
   * @throws MtlError `SHAPE_MISMATCH` where images of this size cannot be halved so often
   */
  input(size: Size): tf.SymbolicTensor;
  /**
   * Gives encoders in a part of a network the values that a whole one starts with, from a file or drawn.
   * @param prefixes of their layers' names, one for each encoder
   */
  initialize(part: tf.LayersModel, context: PartContext, prefixes: readonly string[]): void;
}

/** An image encoder with feature maps of falling resolution. */
export interface Backbone {
  /** Channels of the feature maps, finest first. */
  readonly channels: readonly number[];
  /** Pixels of the image per pixel of each feature map. */
  readonly strides: readonly number[];
  /**
   * Its stages, from the image's size to a sixteenth of it, for architectures that put pooling and more between them;
   * absent: it has none.
   */
  readonly stages?: readonly BackboneStage[];
  /** It in pieces; absent: it can only be used whole. */
  readonly sectioned?: SectionedEncoder;
  /** [batch, height, width, 3] → the feature maps, finest first. */
  build(context: PartContext): tf.LayersModel;
}
