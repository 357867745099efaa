import type { Sample, SplitName } from '../contracts/index.js';
import type { LoadedConfig } from '../config/index.js';
import { contactSheet, inspectSplit, spread, type SplitReport } from '../data/index.js';
import { writePicture } from '../io/picture.js';
import { openData } from './data.js';

/** Which split is looked at, and what is drawn. */
export interface InspectOptions {
  readonly split: SplitName;
  /** Where to draw samples with what the tasks are to learn from them; absent = nowhere. */
  readonly sheet?: { readonly file: string; readonly samples: number } | undefined;
  /** Told after each sample. */
  readonly onProgress?: (done: number, of: number) => void;
}

/**
 * Looks at a split of the data that a config names, without an engine.
 * @throws MtlError `DATA_INVALID` where the split is absent, empty, or its files do not fit together
 */
export async function inspectData(
  loaded: LoadedConfig,
  { split: name, sheet, onProgress }: InspectOptions,
): Promise<SplitReport> {
  const { dataset, tasks } = openData(loaded);
  const split = await dataset.split(name);
  const report = await inspectSplit(split, dataset, onProgress);
  if (sheet) {
    const bad = new Set(report.bad.map(({ index }) => index));
    const good = Array.from({ length: split.length }, (_, index) => index).filter((index) => !bad.has(index));
    const samples: Sample[] = [];
    for (const place of spread(good.length, sheet.samples)) samples.push(await split.sample(good[place]!));
    await writePicture(sheet.file, contactSheet(samples, tasks));
  }
  return report;
}
