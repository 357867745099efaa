import type { Histogram, LabelReport, NumberReport, SplitReport } from '../core/index.js';
import { textTable } from './tables.js';

/** What a split holds, in words, tables and bars. */
export function dataReport(split: string, { samples, size, image, labels, bad }: SplitReport): string {
  const three = (values: readonly number[]): string => values.map((value) => value.toFixed(3)).join(' ');
  return [
    `${split}: ${samples} samples of ${size.height}×${size.width}`,
    `  RGB mean ${three(image.mean)}, standard deviation ${three(image.std)}`,
    ...Object.entries(labels).map(([name, report]) => `\n${name}: ${describe(report, samples)}`),
    ...(bad.length > 0
      ? [`\n${bad.length} that cannot be read:`, ...bad.map(({ index, reason }) => `  ${index}: ${reason}`)]
      : []),
  ].join('\n');
}

function describe(report: LabelReport, samples: number): string {
  const lacking = report.samples < samples ? `${samples - report.samples} samples have none; ` : '';
  switch (report.kind) {
    case 'classes':
      return `${lacking}${percent(report.void)} of pixels are void\n${classTable(report)}`;
    case 'imageClass':
      return `${lacking}one class per image\n${classTable(report)}`;
    case 'scalar': {
      const { unit, missing, histogram } = report;
      return `${lacking}${spread(report)}; ${percent(missing)} of pixels have none\n${bars(histogram, unit)}`;
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

function classTable({ classes }: LabelReport & { kind: 'classes' | 'imageClass' }): string {
  const rows = classes.map(({ name, share, images }, id) => [
    String(id),
    name,
    percent(share),
    String(images),
  ]);
  return textTable(['id', 'class', 'share', 'images with it'], rows, [0, 2, 3]);
}

function bars({ range: [low, high], counts }: Histogram, unit: string): string {
  const most = Math.max(1, ...counts);
  const total = Math.max(
    1,
    counts.reduce((sum, count) => sum + count),
  );
  const edge = (bin: number): string => short(low + ((high - low) * bin) / counts.length);
  const width = Math.max(...counts.map((_, bin) => edge(bin).length));
  return counts
    .map((count, bin) => {
      const bar = '█'.repeat(Math.round((30 * count) / most));
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
