import { isImageLabel, type LabelInfo, type Raster, type RgbImage, type Sample } from '../contracts/index.js';
import { badValue, show } from '../errors.js';
import type { Random } from '../random.js';
import { allocate, resizeBilinear, resizeNearest, type Box } from './resize.js';

/** How samples are varied in training. */
export interface AugmentOptions {
  /** Probability of a horizontal flip, 0–1. Default 0.5. */
  readonly flip?: number | undefined;
  /** Magnifications to choose from, each as likely, all at least 1. Default 1, 1.2, 1.5. */
  readonly scales?: readonly number[] | undefined;
}

/**
 * A random variation of a sample: a scaled crop, then a horizontal flip, alike for the image and all labels.
 *
 * Crop by s: a part of ⌊H/s⌋ × ⌊W/s⌋ pixels at a random place is resized back to H × W, the image bilinearly, labels
 * by the nearest pixel; values of labels that magnification divides (distances) become value / s. Flip: columns are
 * reversed; the x part of directions is negated. A label for the whole image stays as it is.
 *
 * The given sample stays as it is; what does not change is shared with it.
 * @param labels what each label means, see `Dataset.labels`
 * @param random four numbers are drawn from it, whatever the sample and the outcome
 * @throws MtlError `SAMPLE_INVALID` where a label is not described or is not of the image's size
 */
export function augment(
  sample: Sample,
  labels: Readonly<Record<string, LabelInfo>>,
  random: Random,
  { flip = 0.5, scales = [1, 1.2, 1.5] }: AugmentOptions = {},
): Sample {
  if (scales.length === 0 || !scales.every((scale) => scale >= 1 && Number.isFinite(scale))) {
    throw badValue('CONFIG_INVALID', {
      what: 'augment.scales',
      expected: 'a list of at least 1 number, all at least 1',
      found: show(scales),
    });
  }
  const flipped = random.uniform() < flip;
  const scale = random.pick(scales);
  const [down, across] = [random.uniform(), random.uniform()];
  const height = Math.max(1, Math.floor(sample.height / scale));
  const width = Math.max(1, Math.floor(sample.width / scale));
  const top = Math.floor(down * (sample.height - height + 1));
  const left = Math.floor(across * (sample.width - width + 1));
  const zoomed = scale === 1 ? sample : zoom(sample, labels, scale, { top, left, height, width });
  return flipped ? flipHorizontally(zoomed, labels) : zoomed;
}

function zoom(sample: Sample, labels: Readonly<Record<string, LabelInfo>>, scale: number, box: Box): Sample {
  return mapSample(
    sample,
    labels,
    (image) => resizeBilinear(image, sample, box),
    (label, info) => {
      const resized = resizeNearest(label, sample, box);
      if (info.kind !== 'scalar' || info.zoom === 'keep') return resized;
      const data = new Float32Array(resized.data);
      for (let at = 0; at < data.length; at++) data[at] = data[at]! / scale;
      return { ...resized, data };
    },
  );
}

function flipHorizontally(sample: Sample, labels: Readonly<Record<string, LabelInfo>>): Sample {
  return mapSample(sample, labels, reverseColumns, (label, info) => {
    const reversed = reverseColumns(label);
    if (info.kind === 'directions') {
      const { channels, data } = reversed;
      // 0 − x, so that an absent direction stays +0.
      for (let at = 0; at < data.length; at += channels) data[at] = 0 - data[at]!;
    }
    return reversed;
  });
}

function reverseColumns<T extends Raster['data']>(raster: Raster<T>): Raster<T> {
  const { height, width, channels, data } = raster;
  const out = allocate(data, data.length);
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = width - 1; x >= 0; x--) {
      const from = (y * width + x) * channels;
      for (let channel = 0; channel < channels; channel++) out[at++] = data[from + channel]!;
    }
  }
  return { ...raster, data: out };
}

function mapSample(
  sample: Sample,
  labels: Readonly<Record<string, LabelInfo>>,
  mapImage: (image: RgbImage) => RgbImage,
  mapLabel: (label: Raster, info: LabelInfo) => Raster,
): Sample {
  const mapped = Object.entries(sample.labels).map(([name, label]): [string, Raster | undefined] => {
    if (!label) return [name, undefined];
    const info = labels[name];
    if (!info) throw undescribed(sample, name, labels);
    if (isImageLabel(info)) return [name, label];
    if (label.height !== sample.height || label.width !== sample.width) throw wrongSize(sample, name, label);
    return [name, mapLabel(label, info)];
  });
  return { ...sample, image: mapImage(sample.image), labels: Object.fromEntries(mapped) };
}

function undescribed(sample: Sample, name: string, labels: Readonly<Record<string, LabelInfo>>): Error {
  return badValue('SAMPLE_INVALID', {
    what: `labels of sample ${sample.id}`,
    expected: `only what the data set describes (${Object.keys(labels).join(', ') || 'nothing'})`,
    found: show(name),
  });
}

function wrongSize(sample: Sample, name: string, label: Raster): Error {
  return badValue('SAMPLE_INVALID', {
    what: `label ${name} of sample ${sample.id}`,
    expected: `the image’s size ${sample.height}×${sample.width}`,
    found: `${label.height}×${label.width}`,
  });
}
