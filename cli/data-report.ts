import type { Histogram, LabelReport, NumberReport, SplitReport } from '../core/index.js';
import { plain, type Style } from './style.js';
import { fittingTable, wrapped } from './text-table.js';

/** What a split holds, in words, tables and bars. @param columns of the terminal; undefined where there is none */
export function dataReport(
  split: string,
  { samples, unlabelled, size, image, labels, bad }: SplitReport,
  columns?: number,
  style: Style = plain,
): string {
  const fit = (text: string): string => (columns === undefined ? text : wrapped(text, columns));
  const three = (values: readonly number[]): string => values.map((value) => value.toFixed(3)).join(' ');
  return [
    fit(
      `${style.heading(split)}: ${samples} samples of ${size.height}×${size.width}` +
        (unlabelled > 0 ? `, ${unlabelled} of them without any label` : ''),
    ),
    fit(`  RGB mean ${three(image.mean)}, standard deviation ${three(image.std)}`),
    ...Object.entries(labels).map(([name, report]) => {
      const [first, ...rest] = describe(report, samples, columns, style).split('\n');
      return ['', fit(`${style.heading(name)}: ${first}`), ...rest].join('\n');
    }),
    ...(bad.length > 0
      ? [
          `\n${style.warning(`${bad.length} that cannot be read:`)}`,
          ...bad.map(({ index, reason }) => fit(`  ${index}: ${reason}`)),
        ]
      : []),
  ].join('\n');
}

/** A sentence, and then lines that are as wide as they may be. */
function describe(report: LabelReport, samples: number, columns: number | undefined, style: Style): string {
  const lacking = report.samples < samples ? `${samples - report.samples} samples have none; ` : '';
  switch (report.kind) {
    case 'classes':
      return `${lacking}${percent(report.void)} of pixels are void\n${classTable(report, columns, style)}`;
    case 'imageClass':
      return `${lacking}one class per image\n${classTable(report, columns, style)}`;
    case 'scalar': {
      const { unit, missing, histogram } = report;
      return `${lacking}${spread(report)}; ${percent(missing)} of pixels have none\n${bars(histogram, unit, columns)}`;
    }
    case 'imageNumber':
      return lacking + spread(report);
    case 'directions': {
      const mean = report.mean.map((value) => value.toFixed(3)).join(' ');
      return `${lacking}mean direction ${mean}; ${percent(report.missing)} of pixels have none`;
    }
  }
}

function spread({ min, max, mean, std, unit }: NumberReport): string {
  return `${short(min)} to ${short(max)} ${unit}, mean ${short(mean)}, standard deviation ${short(std)}`;
}

function classTable(
  { classes }: LabelReport & { kind: 'classes' | 'imageClass' },
  columns: number | undefined,
  style: Style,
): string {
  const rows = classes.map(({ name, share, images }, id) => [
    String(id),
    name,
    percent(share),
    String(images),
  ]);
  return fittingTable({
    head: ['id', 'class', 'share', 'images with it'],
    rows,
    right: [0, 2, 3],
    broken: 'class',
    dispensable: ['id'],
    columns,
    style,
  });
}

/** What the longest bar takes where there is room. */
const longestBar = 30;

function bars({ range: [low, high], counts }: Histogram, unit: string, columns = Infinity): string {
  const most = Math.max(1, ...counts);
  const total = Math.max(
    1,
    counts.reduce((sum, count) => sum + count),
  );
  const edge = (bin: number): string => short(low + ((high - low) * bin) / counts.length);
  const width = Math.max(...counts.map((_, bin) => edge(bin).length));
  // Two spaces, the label, a space, the share, and a space stand before it.
  const longest = Math.max(1, Math.min(longestBar, columns - (width + 20)));
  return counts
    .map((count, bin) => {
      const bar = '█'.repeat(Math.round((longest * count) / most));
      const label = `${edge(bin).padStart(width)} ${bin === counts.length - 1 ? 'and above' : unit}`;
      return `  ${label.padEnd(width + 10)} ${percent(count / total).padStart(6)} ${bar}`;
    })
    .join('\n');
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
