/** A row of the paper's tables in its own figures: mIoU and pixel accuracy in percent, Δm in percent. */
interface PaperRow {
  readonly labels: readonly string[];
  readonly parameters?: number;
  readonly miou: number;
  readonly pixelAccuracy: number;
  readonly absolute: number;
  /** In percent on Cityscapes, a fraction on NYUv2. */
  readonly relative: number;
  readonly deltaM?: number;
}

type Figures = readonly [
  miou: number,
  pixelAccuracy: number,
  absolute: number,
  relative: number,
  deltaM?: number,
];

function row(labels: readonly string[], figures: Figures, parameters?: number): PaperRow {
  const [miou, pixelAccuracy, absolute, relative, deltaM] = figures;
  return {
    labels,
    miou,
    pixelAccuracy,
    absolute,
    relative,
    ...(deltaM === undefined ? {} : { deltaM }),
    ...(parameters === undefined ? {} : { parameters }),
  };
}

type DataSet = 'cityscapes' | 'nyuv2';

/** Tables I and III. */
const models: Readonly<Record<DataSet, readonly PaperRow[]>> = {
  cityscapes: [
    row(['Base ST-Net'], [66.4, 93.48, 0.0124, 19.78, 0]),
    row(['Base MT-Net'], [66.84, 93.57, 0.0122, 19.61, 1.44]),
    row(['Align-Net'], [66.61, 93.53, 0.0124, 19.83, 0.67]),
    row(['XTasC-Net'], [66.51, 93.56, 0.0122, 19.4, 1.58]),
  ],
  nyuv2: [
    row(['Base ST-Net'], [30.62, 62.3, 0.6451, 0.2443, 0]),
    row(['Base MT-Net'], [31.02, 63.58, 0.6103, 0.2284, 3.82]),
    row(['Align-Net'], [30.46, 63.32, 0.6514, 0.2295, 1.55]),
    row(['XTasC-Net'], [30.31, 63.02, 0.5954, 0.2235, 4.09]),
  ],
};

/** Tables V and VI, which print 2.14, 3.15 and 4.04 · 10⁷ parameters. */
const encoders: Readonly<Record<DataSet, readonly PaperRow[]>> = {
  cityscapes: [
    row(['ResNet-18'], [66.15, 93.47, 0.0124, 19.28], 2.14e7),
    row(['ResNet-34'], [66.51, 93.56, 0.0122, 19.4], 3.15e7),
    row(['ResNet-34, ImageNet'], [68.71, 94.23, 0.0111, 18.48], 3.15e7),
    row(['ResNet-50'], [66.12, 93.5, 0.0124, 19.98], 4.04e7),
  ],
  nyuv2: [
    row(['ResNet-18'], [29.72, 61.44, 0.6174, 0.2314], 2.14e7),
    row(['ResNet-34'], [30.31, 63.02, 0.5954, 0.2235], 3.15e7),
    row(['ResNet-34, ImageNet'], [44.75, 75.81, 0.4851, 0.1835], 3.15e7),
    row(['ResNet-50'], [28.63, 61.66, 0.6115, 0.2287], 4.04e7),
  ],
};

/** Tables VII and VIII. */
const weighting: Readonly<Record<DataSet, readonly PaperRow[]>> = {
  cityscapes: [
    row(['Base MT-Net', 'equal'], [65.86, 93.25, 0.0129, 20.47, -1.5]),
    row(['Base MT-Net', 'uncertainty'], [66.84, 93.57, 0.0122, 19.61, 1.44]),
    row(['XTasC-Net', 'equal'], [66.32, 93.51, 0.0126, 21.19, -1.55]),
    row(['XTasC-Net', 'uncertainty'], [66.51, 93.56, 0.0122, 19.4, 1.58]),
    row(['XTasC-Net', 'GradNorm'], [66.48, 93.52, 0.0124, 19.58, 0.93]),
  ],
  nyuv2: [
    row(['Base MT-Net', 'equal'], [30.42, 62.89, 0.6384, 0.2326, 1.53]),
    // Table III has 63.58 for the same model.
    row(['Base MT-Net', 'uncertainty'], [31.02, 64.58, 0.6103, 0.2284, 3.82]),
    row(['XTasC-Net', 'equal'], [30.65, 63.13, 0.6319, 0.2237, 2.98]),
    row(['XTasC-Net', 'uncertainty'], [30.31, 63.02, 0.5954, 0.2235, 4.09]),
    row(['XTasC-Net', 'GradNorm'], [30.71, 63.44, 0.6002, 0.2222, 4.53]),
  ],
};

/**
 * Tables II and IV, whose parameters are in units of 10⁷. Those of STAN, Dense and Cross-Stitch are 3.04, 3.63 and 2 times MTAN's;
 * the last one is marked as an estimate. A sign says how the losses are weighted, see `comparisons.ts`.
 */
const systems: Readonly<Record<DataSet, readonly PaperRow[]>> = {
  cityscapes: [
    row(['STAN'], [51.9, 90.87, 0.0145, 27.46], 12.52e7),
    row(['Dense†'], [51.89, 91.22, 0.0134, 25.36], 14.96e7),
    row(['Cross-Stitch†'], [50.31, 90.43, 0.0152, 31.36], 8.24e7),
    row(['MTAN*'], [53.04, 91.11, 0.0144, 33.63], 4.12e7),
    row(['PCGrad*'], [53.59, 91.45, 0.0171, 31.34], 4.12e7),
    row(['KD4MTL*'], [52.71, 91.54, 0.0139, 27.33], 4.12e7),
    row(['AdaMT-Net‡'], [62.53, 94.16, 0.0125, 22.23], 4.91e7),
    row(['XTasC-Net†'], [66.51, 93.56, 0.0122, 19.4], 3.15e7),
  ],
  nyuv2: [
    row(['STAN'], [16.65, 55.07, 0.6935, 0.2891]),
    row(['Dense§'], [17.22, 55.59, 0.6002, 0.2654]),
    row(['Cross-Stitch§'], [17.01, 53.99, 0.6095, 0.2671]),
    row(['MTAN§'], [20.1, 53.73, 0.6417, 0.2758]),
    row(['PCGrad†'], [21.29, 54.07, 0.6705, 0.3]),
    row(['KD4MTL*'], [22.44, 57.32, 0.6003, 0.2601]),
    row(['AdaMT-Net‡'], [20.61, 58.91, 0.6136, 0.2547]),
    row(['XTasC-Net†'], [30.31, 63.02, 0.5954, 0.2235]),
  ],
};

const tables = { models, encoders, weighting, systems } as const;

/** How the source of the rows is written: the paper's own figures, which no run of this framework gave. */
const sources: Readonly<Record<DataSet, string>> = {
  cityscapes: 'paper, Cityscapes',
  nyuv2: 'paper, NYUv2',
};

/** A table of the paper (Nakano, Chen & Demachi 2021) as a comparison's `published`: fractions instead of percent. */
export function publishedTable(table: keyof typeof tables, data: DataSet): Readonly<Record<string, unknown>> {
  const percent = (value: number): number => Number((value / 100).toPrecision(8));
  return {
    source: sources[data],
    rows: tables[table][data].map(({ labels, parameters, deltaM, ...figures }) => ({
      labels,
      ...(parameters === undefined ? {} : { parameters }),
      ...(deltaM === undefined ? {} : { deltaM }),
      values: {
        'segmentation.miou.perImage': percent(figures.miou),
        'segmentation.pixelAccuracy': percent(figures.pixelAccuracy),
        'depth.absolute': figures.absolute,
        'depth.relative': data === 'cityscapes' ? percent(figures.relative) : figures.relative,
      },
    })),
  };
}
