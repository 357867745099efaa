import type { Raster, RgbImage, Size } from './raster.js';

/** What a label means, so that a task, the augmentation and a picture know how to treat it. */
export type LabelInfo =
  | {
      /** One class id per pixel. */
      readonly kind: 'classes';
      /** Names by class id; their number is the number of classes. */
      readonly names: readonly string[];
      /** RGB, 0–255, by class id, for pictures. */
      readonly colors: readonly (readonly [number, number, number])[];
      /** The id of pixels without a label. */
      readonly void: number;
    }
  | {
      /** One number per pixel, 0 = no label. */
      readonly kind: 'scalar';
      /** E.g. `m` or `1/m`. */
      readonly unit: string;
      /**
       * What magnifying the image by s does to the values: `divide` for a distance (things look s times
       * nearer), `keep` where the values do not follow the magnification.
       */
      readonly zoom: 'divide' | 'keep';
      /** Range shown in pictures. */
      readonly range: readonly [number, number];
    }
  | {
      /** A unit vector per pixel (x right, y down, z away from the camera), all zero = no label. */
      readonly kind: 'directions';
    }
  | {
      /** One class id for the whole image, 1×1; a sample without one lacks the label. */
      readonly kind: 'imageClass';
      /** Names by class id; their number is the number of classes. */
      readonly names: readonly string[];
    }
  | {
      /** One number for the whole image, 1×1; a sample without one lacks the label. */
      readonly kind: 'imageNumber';
      /** E.g. `people`. */
      readonly unit: string;
    };

/**
 * What a decoded prediction means, so that it can be resized, written to files and read again: a label, or numbers that
 * all count, 0 as well, such as probabilities or colours. They lie within `range`.
 */
export type DecodedInfo =
  LabelInfo | { readonly kind: 'numbers'; readonly unit: string; readonly range: readonly [number, number] };

/** Whether a label is one value for the whole image, so that cropping and flipping leave it as it is. */
export function isImageLabel({ kind }: LabelInfo): boolean {
  return kind === 'imageClass' || kind === 'imageNumber';
}

/** One image and whatever labels it has. */
export interface Sample extends Size {
  /** Unique in its split; appears in messages. */
  readonly id: string;
  /** RGB, 0–255. */
  readonly image: RgbImage;
  /** Labels by name: maps of the image's size, or 1×1 for the whole image. A sample may lack any of them. */
  readonly labels: Readonly<Record<string, Raster | undefined>>;
}

/** The parts of a data set: what is learnt from, what the best model is chosen on, what it is measured on in the end. */
export const splitNames = ['train', 'val', 'test'] as const;
/** One of `splitNames`. */
export type SplitName = (typeof splitNames)[number];

/** The samples of one split, in a fixed order. */
export interface Split {
  readonly length: number;
  /**
   * Sample number `index`; the same one every time.
   * @throws MtlError `SAMPLE_INVALID` naming the file and the fix.
   */
  sample(index: number): Promise<Sample>;
  /**
   * The files that sample `index` is made from: while they and the data set's options stay the same, so does the
   * sample, and a copy of it may be kept on disk. Absent where samples are not read from files.
   */
  files?(index: number): readonly string[] | undefined;
  /** Runs of samples that belong into batches of their own; absent = any sample may stand beside any other. */
  readonly groups?: readonly SampleGroup[];
}

/** Samples `start` to `start + length − 1` of a split. */
export interface SampleGroup {
  readonly start: number;
  readonly length: number;
}

/** A source of images with labels. */
export interface Dataset {
  /** Size of every image and label map it gives. */
  readonly size: Size;
  /** The labels it has, by name. */
  readonly labels: Readonly<Record<string, LabelInfo>>;
  /**
   * @throws MtlError `DATA_INVALID` where the split is absent or empty, or its files do not fit together.
   */
  split(name: SplitName): Promise<Split>;
}
