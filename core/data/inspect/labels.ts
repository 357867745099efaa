import type { LabelInfo, Raster } from '../../contracts/index.js';
import { Moments } from './moments.js';

/** What one label of a split holds. Shares are 0–1. */
export type LabelReport = {
  /** Samples that have the label. */
  readonly samples: number;
} & (
  | {
      readonly kind: 'classes' | 'imageClass';
      readonly classes: readonly ClassReport[];
      /** Share of pixels without a class; 0 for classes of whole images. */
      readonly void: number;
    }
  | ({ readonly kind: 'scalar'; readonly missing: number; readonly histogram: Histogram } & NumberReport)
  | ({ readonly kind: 'imageNumber' } & NumberReport)
  | { readonly kind: 'directions'; readonly missing: number; readonly mean: readonly number[] }
);

/** How often a class is seen. */
export interface ClassReport {
  readonly name: string;
  /** Of all pixels (or images) that have a class. */
  readonly share: number;
  /** Images in which it is seen. */
  readonly images: number;
}

/** All 0 where there is no number. */
export interface NumberReport {
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly std: number;
}

/** Equal bins over a range; values beyond it count for the outermost ones. */
export interface Histogram {
  readonly range: readonly [number, number];
  readonly counts: readonly number[];
}

/** Takes in one label of one sample after the other. */
export interface LabelInspector {
  add(label: Raster): void;
  report(): LabelReport;
}

const bins = 16;

export function inspectorOf(info: LabelInfo): LabelInspector {
  switch (info.kind) {
    case 'classes':
      return inspectClasses(info.kind, info.names, info.void);
    case 'imageClass':
      return inspectClasses(info.kind, info.names, undefined);
    case 'scalar':
      return inspectScalars(info);
    case 'imageNumber':
      return inspectNumbers(info);
    case 'directions':
      return inspectDirections();
  }
}

function inspectClasses(
  kind: 'classes' | 'imageClass',
  names: readonly string[],
  voidId: number | undefined,
): LabelInspector {
  const pixels = new Float64Array(names.length);
  const images = new Float64Array(names.length);
  let [samples, voids] = [0, 0];
  return {
    add({ data }) {
      const own = new Float64Array(names.length);
      for (const id of data) {
        if (id === voidId) voids += 1;
        else own[id]! += 1;
      }
      own.forEach((count, id) => {
        pixels[id]! += count;
        if (count > 0) images[id]! += 1;
      });
      samples += 1;
    },
    report() {
      const labelled = pixels.reduce((sum, count) => sum + count, 0);
      return {
        kind,
        samples,
        void: voids / Math.max(1, voids + labelled),
        classes: names.map((name, id) => ({
          name,
          share: pixels[id]! / Math.max(1, labelled),
          images: images[id]!,
        })),
      };
    },
  };
}

function inspectScalars({ unit, range }: LabelInfo & { kind: 'scalar' }): LabelInspector {
  const moments = new Moments();
  const counts = new Array<number>(bins).fill(0);
  const [low, high] = range;
  let [samples, missing] = [0, 0];
  return {
    add({ data }) {
      for (const value of data) {
        if (value <= 0) missing += 1;
        else {
          moments.add(value);
          const bin = Math.floor(((value - low) / (high - low)) * bins);
          counts[Math.min(bins - 1, Math.max(0, bin))]! += 1;
        }
      }
      samples += 1;
    },
    report: () => ({
      kind: 'scalar',
      samples,
      ...numbersOf(moments, unit),
      missing: missing / Math.max(1, missing + moments.count),
      histogram: { range, counts },
    }),
  };
}

function inspectNumbers({ unit }: LabelInfo & { kind: 'imageNumber' }): LabelInspector {
  const moments = new Moments();
  return {
    add: ({ data }) => moments.add(data[0]!),
    report: () => ({ kind: 'imageNumber', samples: moments.count, ...numbersOf(moments, unit) }),
  };
}

function inspectDirections(): LabelInspector {
  const sum = [0, 0, 0];
  let [samples, missing, count] = [0, 0, 0];
  return {
    add({ data }) {
      for (let at = 0; at < data.length; at += 3) {
        const [x, y, z] = [data[at]!, data[at + 1]!, data[at + 2]!];
        if (x === 0 && y === 0 && z === 0) missing += 1;
        else {
          [x, y, z].forEach((value, axis) => (sum[axis]! += value));
          count += 1;
        }
      }
      samples += 1;
    },
    report: () => ({
      kind: 'directions',
      samples,
      missing: missing / Math.max(1, missing + count),
      mean: sum.map((value) => value / Math.max(1, count)),
    }),
  };
}

function numbersOf({ count, min, max, mean, std }: Moments, unit: string): NumberReport {
  return count === 0 ? { unit, min: 0, max: 0, mean: 0, std: 0 } : { unit, min, max, mean, std };
}
