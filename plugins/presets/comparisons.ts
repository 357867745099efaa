import type { Preset } from '../../core/index.js';
import { publishedTable } from './published.js';

const data = { cityscapes: '', nyuv2: '-nyuv2' } as const;

type DataSet = keyof typeof data;

/** The paper's four metrics, over which its Δm is taken. */
const metrics = [
  { metric: 'segmentation.miou.perImage', label: 'mIoU', percent: true },
  { metric: 'segmentation.pixelAccuracy', label: 'pixel acc.', percent: true },
  { metric: 'depth.absolute', label: 'abs. err.' },
  { metric: 'depth.relative', label: 'rel. err.', percent: true },
];

const baseline = 'Base ST-Net';

/** Tables I and III: the paper's four models. */
function models(set: DataSet): Preset {
  const suffix = data[set];
  return {
    title: 'Models',
    base: {},
    axes: {
      model: {
        [baseline]: { extends: `st-net${suffix}` },
        'Base MT-Net': { extends: `mt-net${suffix}` },
        'Align-Net': { extends: `align-net${suffix}` },
        'XTasC-Net': { extends: `xtasc-net${suffix}` },
      },
    },
    baseline,
    metrics,
    published: [publishedTable('models', set)],
  };
}

/** Tables V and VI: XTasC-Net on ResNets. The one with ImageNet's weights takes a weights file, which a user adds. */
function encoders(set: DataSet): Preset {
  return {
    title: 'Encoders of XTasC-Net',
    base: { extends: `xtasc-net${data[set]}` },
    axes: {
      encoder: {
        'ResNet-18': { backbone: { name: 'resnet18' } },
        'ResNet-34': { backbone: { name: 'resnet34' } },
        'ResNet-50': { backbone: { name: 'resnet50' } },
      },
    },
    metrics,
    published: [publishedTable('encoders', set)],
  };
}

/** Tables VII and VIII: weightings of two models, with the baseline that their Δm is taken against. */
function weighting(set: DataSet): Preset {
  const suffix = data[set];
  return {
    title: 'Weighting',
    base: {},
    rows: { [baseline]: { extends: `st-net${suffix}` } },
    axes: {
      model: {
        'Base MT-Net': { extends: `mt-net${suffix}` },
        'XTasC-Net': { extends: `xtasc-net${suffix}` },
      },
      weighting: {
        equal: { weighter: 'equal' },
        uncertainty: { weighter: 'uncertainty' },
        GradNorm: { weighter: 'gradnorm' },
      },
    },
    baseline,
    metrics,
    published: [publishedTable('weighting', set)],
  };
}

/** What the tables' signs say of a system's weighting. DWA's is ours. */
const signs = {
  cityscapes: '* equal weights, † uncertainty weights, ‡ gradient-based weight learning',
  nyuv2: '* equal weights, † uncertainty weights, ‡ gradient-based weight learning, § DWA',
} as const;

/** By preset, what the tables call a system: its name with the sign of its weighting. */
const names: Readonly<Record<DataSet, Readonly<Record<string, string>>>> = {
  cityscapes: {
    stan: 'STAN',
    dense: 'Dense†',
    'cross-stitch': 'Cross-Stitch†',
    mtan: 'MTAN*',
    pcgrad: 'PCGrad*',
    kd4mtl: 'KD4MTL*',
    'adamt-net': 'AdaMT-Net‡',
    'xtasc-net': 'XTasC-Net†',
  },
  nyuv2: {
    stan: 'STAN',
    dense: 'Dense§',
    'cross-stitch': 'Cross-Stitch§',
    mtan: 'MTAN§',
    pcgrad: 'PCGrad†',
    kd4mtl: 'KD4MTL*',
    'adamt-net': 'AdaMT-Net‡',
    'xtasc-net': 'XTasC-Net†',
  },
};

/**
 * Tables II and IV: all systems. Each names its backbone, so that the one of a config that gives data and training does not count.
 * Δm, which these tables of the paper lack, is against STAN, where each task has a network of its own; those are KD4MTL's teachers, too.
 */
function systems(set: DataSet): Preset {
  const backboneOf = (preset: string): string => (preset === 'xtasc-net' ? 'resnet34' : 'segnet');
  return {
    title: `Systems: ${signs[set]}`,
    base: {},
    axes: {
      model: Object.fromEntries(
        Object.entries(names[set]).map(([preset, name]) => [
          name,
          {
            extends: `${preset}${data[set]}`,
            backbone: { name: backboneOf(preset) },
            ...(preset === 'kd4mtl' ? { auxiliary: [{ name: 'kd4mtl', teachers: 'row:STAN' }] } : {}),
          },
        ]),
      ),
    },
    baseline: 'STAN',
    metrics,
    published: [publishedTable('systems', set)],
  };
}

const tables = { models, encoders, weighting } as const;

/**
 * `paper-models`, `paper-encoders`, `paper-weighting` with the Cityscapes protocol, and `…-nyuv2` with NYUv2's; `paper-table-2`
 * and `paper-table-4` with all systems; each with the paper's own figures beside. The data are the embedded scenes until a config
 * or an override names others.
 */
export const paperComparisons: Readonly<Record<string, Preset>> = {
  ...Object.fromEntries(
    Object.entries(tables).flatMap(([name, table]) =>
      (Object.keys(data) as DataSet[]).map((set) => [`paper-${name}${data[set]}`, table(set)]),
    ),
  ),
  'paper-table-2': systems('cityscapes'),
  'paper-table-4': systems('nyuv2'),
};
