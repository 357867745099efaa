import { expect } from 'chai';
import {
  comparisonTable,
  comparisonTex,
  loadComparison,
  type LoadedComparison,
  type PartSpec,
} from '../../../core/index.js';
import { summarize } from '../../../core/compare/summarize.js';
import { builtin } from '../../../plugins/index.js';

/** The paper's figures as it prints them: mIoU / pixel accuracy / absolute / relative error / Δm. */
const printed: Readonly<Record<string, readonly string[]>> = {
  'paper-models': [
    'Base ST-Net: 66.40 / 93.48 / 0.0124 / 19.78 / 0.00',
    'Base MT-Net: 66.84 / 93.57 / 0.0122 / 19.61 / 1.44',
    'Align-Net: 66.61 / 93.53 / 0.0124 / 19.83 / 0.67',
    'XTasC-Net: 66.51 / 93.56 / 0.0122 / 19.40 / 1.58',
  ],
  // Relative errors as fractions there; here all tables are in percent.
  'paper-models-nyuv2': [
    'Base ST-Net: 30.62 / 62.30 / 0.6451 / 24.43 / 0.00',
    'Base MT-Net: 31.02 / 63.58 / 0.6103 / 22.84 / 3.82',
    'Align-Net: 30.46 / 63.32 / 0.6514 / 22.95 / 1.55',
    'XTasC-Net: 30.31 / 63.02 / 0.5954 / 22.35 / 4.09',
  ],
  'paper-encoders': [
    'ResNet-18: 66.15 / 93.47 / 0.0124 / 19.28',
    'ResNet-34: 66.51 / 93.56 / 0.0122 / 19.40',
    'ResNet-34, ImageNet: 68.71 / 94.23 / 0.0111 / 18.48',
    'ResNet-50: 66.12 / 93.50 / 0.0124 / 19.98',
  ],
  'paper-encoders-nyuv2': [
    'ResNet-18: 29.72 / 61.44 / 0.6174 / 23.14',
    'ResNet-34: 30.31 / 63.02 / 0.5954 / 22.35',
    'ResNet-34, ImageNet: 44.75 / 75.81 / 0.4851 / 18.35',
    'ResNet-50: 28.63 / 61.66 / 0.6115 / 22.87',
  ],
  'paper-weighting': [
    'Base MT-Net, equal: 65.86 / 93.25 / 0.0129 / 20.47 / -1.50',
    'Base MT-Net, uncertainty: 66.84 / 93.57 / 0.0122 / 19.61 / 1.44',
    'XTasC-Net, equal: 66.32 / 93.51 / 0.0126 / 21.19 / -1.55',
    'XTasC-Net, uncertainty: 66.51 / 93.56 / 0.0122 / 19.40 / 1.58',
    'XTasC-Net, GradNorm: 66.48 / 93.52 / 0.0124 / 19.58 / 0.93',
  ],
  'paper-weighting-nyuv2': [
    'Base MT-Net, equal: 30.42 / 62.89 / 0.6384 / 23.26 / 1.53',
    'Base MT-Net, uncertainty: 31.02 / 64.58 / 0.6103 / 22.84 / 3.82',
    'XTasC-Net, equal: 30.65 / 63.13 / 0.6319 / 22.37 / 2.98',
    'XTasC-Net, uncertainty: 30.31 / 63.02 / 0.5954 / 22.35 / 4.09',
    'XTasC-Net, GradNorm: 30.71 / 63.44 / 0.6002 / 22.22 / 4.53',
  ],
  'paper-table-2': [
    'STAN: 51.90 / 90.87 / 0.0145 / 27.46 / –',
    'Dense†: 51.89 / 91.22 / 0.0134 / 25.36 / –',
    'Cross-Stitch†: 50.31 / 90.43 / 0.0152 / 31.36 / –',
    'MTAN*: 53.04 / 91.11 / 0.0144 / 33.63 / –',
    'PCGrad*: 53.59 / 91.45 / 0.0171 / 31.34 / –',
    'KD4MTL*: 52.71 / 91.54 / 0.0139 / 27.33 / –',
    'AdaMT-Net‡: 62.53 / 94.16 / 0.0125 / 22.23 / –',
    'XTasC-Net†: 66.51 / 93.56 / 0.0122 / 19.40 / –',
  ],
  'paper-table-4': [
    'STAN: 16.65 / 55.07 / 0.6935 / 28.91 / –',
    'Dense§: 17.22 / 55.59 / 0.6002 / 26.54 / –',
    'Cross-Stitch§: 17.01 / 53.99 / 0.6095 / 26.71 / –',
    'MTAN§: 20.10 / 53.73 / 0.6417 / 27.58 / –',
    'PCGrad†: 21.29 / 54.07 / 0.6705 / 30.00 / –',
    'KD4MTL*: 22.44 / 57.32 / 0.6003 / 26.01 / –',
    'AdaMT-Net‡: 20.61 / 58.91 / 0.6136 / 25.47 / –',
    'XTasC-Net†: 30.31 / 63.02 / 0.5954 / 22.35 / –',
  ],
};

/** Preset, backbone, weighting and protocol of each row of the tables of all systems. */
const systems: Readonly<Record<string, readonly string[]>> = {
  'paper-table-2': [
    'STAN: stan on segnet, equal, 200 epochs of 2',
    'Dense†: dense on segnet, uncertainty, 200 epochs of 2',
    'Cross-Stitch†: cross-stitch on segnet, uncertainty, 200 epochs of 2',
    'MTAN*: mtan on segnet, equal, 200 epochs of 2',
    'PCGrad*: mtan on segnet, pcgrad, 200 epochs of 2',
    'KD4MTL*: mtan on segnet, equal, taught by STAN, 200 epochs of 2',
    'AdaMT-Net‡: adamt on segnet, adamt, 200 epochs of 8',
    'XTasC-Net†: shared on resnet34, uncertainty, 250 epochs of 8',
  ],
  'paper-table-4': [
    'STAN: stan on segnet, equal, 200 epochs of 2',
    'Dense§: dense on segnet, dwa, 200 epochs of 2',
    'Cross-Stitch§: cross-stitch on segnet, dwa, 200 epochs of 2',
    'MTAN§: mtan on segnet, dwa, 200 epochs of 2',
    'PCGrad†: mtan on segnet, pcgrad over uncertainty, 200 epochs of 2',
    'KD4MTL*: mtan on segnet, equal, taught by STAN, 200 epochs of 2',
    'AdaMT-Net‡: adamt on segnet, adamt, 200 epochs of 4',
    'XTasC-Net†: shared on resnet34, uncertainty, 100 epochs of 6',
  ],
};

const nameOf = (spec: PartSpec): string => (typeof spec === 'string' ? spec : spec.name);

function inWords({ row, takes, loaded: { config } }: LoadedComparison['cells'][number]): string {
  const { architecture, backbone, weighter, train } = config;
  const losses = typeof weighter === 'string' ? undefined : (weighter.losses as PartSpec | undefined);
  const weighting = `${nameOf(weighter)}${losses ? ` over ${nameOf(losses)}` : ''}`;
  const protocol = `${train.epochs} epochs of ${train.batchSize}`;
  return [
    `${row}: ${nameOf(architecture)} on ${nameOf(backbone)}`,
    weighting,
    ...takes.map((taken) => `taught by ${taken}`),
    protocol,
  ].join(', ');
}

const load = (preset: string): Promise<LoadedComparison> => loadComparison({ plugins: [builtin], preset });

describe('the comparisons of the paper', () => {
  it('are these', () => {
    expect(Object.keys(builtin.comparisons ?? {})).to.have.members(Object.keys(printed));
  });

  for (const [preset, lines] of Object.entries(printed)) {
    it(`${preset} has the paper’s figures, marked as the paper’s`, async () => {
      const loaded = await load(preset);
      const data = /nyuv2|table-4/.test(preset) ? 'NYUv2' : 'Cityscapes';
      const result = summarize(loaded, () => undefined);
      const { rows, labels, notes } = comparisonTable(result);
      const others = rows.filter(({ published }) => published !== null);
      const found = others.map(({ cells, published }) => {
        expect(published).to.equal(`paper, ${data}`);
        expect(cells[0]).to.match(new RegExp(` \\(paper, ${data}\\)$`));
        const names = cells.slice(0, labels).map((cell) => cell.replace(/ \(paper.*/, ''));
        return `${names.join(', ')}: ${cells.slice(labels + 1).join(' / ')}`;
      });
      expect(found).to.deep.equal(lines);
      expect(notes.join('\n')).to.include(`not measured here: “paper, ${data}”`);
      // Of ours there is nothing yet.
      for (const { cells, published } of rows) {
        if (published === null) expect(cells.slice(labels).every((cell) => cell === '–')).to.equal(true);
      }
    });
  }

  it('train with the paper’s protocols, on the embedded scenes until other data are named', async () => {
    for (const [preset, epochs, lambda] of [
      ['paper-models', 250, 0.01],
      ['paper-weighting-nyuv2', 100, 0.0001],
      ['paper-encoders', 250, 0.01],
    ] as const) {
      for (const { loaded } of (await load(preset)).cells) {
        const { train, dataset, consistency } = loaded.config;
        expect(train.epochs).to.equal(epochs);
        expect(dataset).to.deep.equal({ name: 'scenes' });
        if (consistency) expect(consistency.lambda).to.equal(lambda);
      }
    }
  });

  it('paper-weighting has both models with three weightings, and the baseline', async () => {
    const { cells } = await load('paper-weighting');
    const methods = cells.map(({ row, loaded: { config } }) => [
      row,
      config.architecture,
      config.consistency?.loss ?? null,
      config.weighter,
    ]);
    expect(methods).to.deep.equal([
      ['Base ST-Net', 'single', null, 'equal'],
      ...['equal', 'uncertainty', 'gradnorm'].map((weighter) => [
        `Base MT-Net, ${weighter === 'gradnorm' ? 'GradNorm' : weighter}`,
        'shared',
        null,
        weighter,
      ]),
      ...['equal', 'uncertainty', 'gradnorm'].map((weighter) => [
        `XTasC-Net, ${weighter === 'gradnorm' ? 'GradNorm' : weighter}`,
        'shared',
        'xtc',
        weighter,
      ]),
    ]);
  });

  it('paper-encoders varies the encoder alone', async () => {
    const { cells } = await load('paper-encoders');
    expect(cells.map(({ loaded }) => loaded.config.backbone)).to.deep.equal(
      ['resnet18', 'resnet34', 'resnet50'].map((name) => ({ name })),
    );
    const [first, ...others] = cells.map(({ loaded: { config } }) => ({ ...config, backbone: null }));
    for (const other of others) expect(other).to.deep.equal(first);
  });

  for (const [preset, rows] of Object.entries(systems)) {
    it(`${preset} has the systems with the weighting that their sign says, on their own backbones`, async () => {
      const { cells, spec } = await load(preset);
      expect(cells.map(inWords)).to.deep.equal(rows);
      expect(spec.baseline).to.equal('STAN');
      for (const sign of new Set(rows.flatMap((row) => /[*†‡§](?=:)/.exec(row) ?? [])))
        expect(spec.title).to.include(`${sign} `);
      const narrow = await loadComparison({
        plugins: [builtin],
        preset,
        comparison: { base: { extends: 'mt-net' }, axes: { model: { STAN: { backbone: { width: 8 } } } } },
      });
      expect(narrow.cells[0]!.loaded.config.backbone).to.deep.equal({ name: 'segnet', width: 8 });
      expect(narrow.cells.map(({ loaded }) => nameOf(loaded.config.backbone))).to.deep.equal(
        cells.map(({ loaded }) => nameOf(loaded.config.backbone)),
      );
    });
  }

  it('paper-table-2 has the paper’s numbers of parameters', async () => {
    const result = summarize(await load('paper-table-2'), () => undefined);
    const { rows, labels, columns } = comparisonTable(result);
    expect(columns[labels]!.label).to.equal('#P');
    const published = rows.filter((row) => row.published !== null);
    expect(published.map(({ cells }) => cells[labels])).to.deep.equal([
      '125,200,000',
      '149,600,000',
      '82,400,000',
      '41,200,000',
      '41,200,000',
      '41,200,000',
      '49,100,000',
      '31,500,000',
    ]);
    const tex = comparisonTex(result);
    for (const name of ['Dense\\dag{}', 'AdaMT-Net\\ddag{}', 'MTAN* ']) expect(tex).to.include(name);
    expect(tex).not.to.match(/[†‡§]/);
  });
});
