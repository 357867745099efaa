import { join, resolve } from 'node:path';
import type { LoadedConfig } from '../config/index.js';
import { writeAtomically } from '../io/atomic-write.js';
import { openFrame, panelsOrReason, type ReportOptions } from './frame.js';
import { readHistory } from './history.js';
import { renderPage } from './page/page.js';
import { reportOf } from './report.js';

export interface WriteReportOptions extends ReportOptions {
  /** The file to write; by default `report.html` in the run's folder. */
  readonly out?: string | undefined;
}

/** A report that was written. */
export interface WrittenReport {
  /** Its path. */
  readonly file: string;
  readonly bytes: number;
  /** Samples that it shows pictures of. */
  readonly samples: number;
  /** Why it has no pictures, where some were asked for; null otherwise. */
  readonly withoutPictures: string | null;
}

/**
 * Writes what a run tells of itself as one HTML file that needs no network: curves, results, pictures of what the best
 * model sees, config and environment.
 * @param loaded the run's config, see `loadRunConfig`
 * @throws MtlError `RUN_INVALID` where a folder is no run's, or the file cannot be written
 */
export async function writeReport(loaded: LoadedConfig, options: WriteReportOptions): Promise<WrittenReport> {
  const frame = openFrame(loaded, options);
  const panels = await panelsOrReason(loaded, options);
  const history = readHistory(options.folder);
  const page = Buffer.from(renderPage(reportOf(history, { ...frame, panels }), { live: false }));
  const file = resolve(options.out ?? join(history.path, 'report.html'));
  writeAtomically(file, page);
  const isReason = typeof panels === 'string';
  return {
    file,
    bytes: page.length,
    samples: isReason || !panels ? 0 : panels.samples.length,
    withoutPictures: isReason ? panels : null,
  };
}
