import type { Dataset, Split, SplitName } from './dataset.js';

/** What an exporter writes down. */
export interface ExportSource {
  readonly dataset: Dataset;
  /** Already opened, at least one. */
  readonly splits: Readonly<Partial<Record<SplitName, Split>>>;
  /** Told after each sample. */
  readonly onProgress?: ((done: number, of: number) => void) | undefined;
}

/** Writes samples in the layout that a data set of another kind reads. */
export interface Exporter {
  /**
   * @param folder absolute path; there, and empty
   * @returns what stands under `dataset:` in a config that reads the files back; its `root` is absent, and is `folder`
   * @throws MtlError `DATA_INVALID` where the source lacks labels that the layout needs, or has ones that do not fit it
   */
  write(source: ExportSource, folder: string): Promise<Readonly<Record<string, unknown>>>;
}
