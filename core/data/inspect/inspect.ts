import type { LabelInfo, RgbImage, Size, Split } from '../../contracts/index.js';
import { MtlError } from '../../errors.js';
import { pause } from '../../pause.js';
import { inspectorOf, type LabelReport } from './labels.js';

/** What a split holds. */
export interface SplitReport {
  /** Those that could be read. */
  readonly samples: number;
  /** Those of them that lack every label. */
  readonly unlabelled: number;
  readonly size: Size;
  /** Of R, G and B, values 0–1, over all pixels. */
  readonly image: { readonly mean: readonly number[]; readonly std: readonly number[] };
  readonly labels: Readonly<Record<string, LabelReport>>;
  /** Samples that could not be read. */
  readonly bad: readonly { readonly index: number; readonly reason: string }[];
}

/** Samples read ahead: as many as are decoded side by side. */
const ahead = 4;

/** Looks at every sample of a split, unaugmented. Bad samples are listed, not thrown. */
export async function inspectSplit(
  split: Split,
  { size, labels }: { readonly size: Size; readonly labels: Readonly<Record<string, LabelInfo>> },
  onProgress: (done: number, of: number) => void = () => undefined,
): Promise<SplitReport> {
  const inspectors = Object.entries(labels).map(([name, info]) => [name, inspectorOf(info)] as const);
  const colors = new Colors();
  let unlabelled = 0;
  const bad: { index: number; reason: string }[] = [];
  const reading: Promise<Awaited<ReturnType<Split['sample']>> | MtlError>[] = [];
  for (let index = 0; index < split.length; index++) {
    while (reading.length < ahead && index + reading.length < split.length) {
      reading.push(split.sample(index + reading.length).catch(badOrThrow));
    }
    const sample = await reading.shift()!;
    if (sample instanceof MtlError) bad.push({ index, reason: sample.message });
    else {
      colors.add(sample.image);
      let labels = 0;
      for (const [name, inspector] of inspectors) {
        const label = sample.labels[name];
        if (!label) continue;
        inspector.add(label);
        labels += 1;
      }
      if (labels === 0) unlabelled += 1;
    }
    onProgress(index + 1, split.length);
    await pause();
  }
  return {
    samples: split.length - bad.length,
    unlabelled,
    size,
    image: colors.report(),
    labels: Object.fromEntries(inspectors.map(([name, inspector]) => [name, inspector.report()])),
    bad,
  };
}

function badOrThrow(error: unknown): MtlError {
  if (error instanceof MtlError && error.code === 'SAMPLE_INVALID') return error;
  throw error;
}

/** Sums of 8-bit values are exact in double precision for any number of pixels that there will ever be. */
class Colors {
  private readonly sums = [0, 0, 0];
  private readonly squares = [0, 0, 0];
  private pixels = 0;

  add({ data }: RgbImage): void {
    for (let channel = 0; channel < 3; channel++) {
      let [sum, squares] = [0, 0];
      for (let at = channel; at < data.length; at += 3) {
        const value = data[at]!;
        sum += value;
        squares += value * value;
      }
      this.sums[channel]! += sum;
      this.squares[channel]! += squares;
    }
    this.pixels += data.length / 3;
  }

  report(): SplitReport['image'] {
    const count = Math.max(1, this.pixels);
    const mean = this.sums.map((sum) => sum / count);
    const std = this.squares.map((sum, channel) => Math.sqrt(Math.max(0, sum / count - mean[channel]! ** 2)));
    return { mean: mean.map((value) => value / 255), std: std.map((value) => value / 255) };
  }
}
