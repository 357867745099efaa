import type { Picture } from './encode.js';

/** One picture of the panels, or the few words that stand in its place. */
export type PanelCell =
  ({ readonly kind: 'picture' } & Picture) | { readonly kind: 'words'; readonly text: string };

/** How a row's colours are read. */
export type PanelLegend =
  | { readonly kind: 'wrong' }
  /** From 0 to `high`, and above. */
  | { readonly kind: 'amount'; readonly high: number; readonly unit: string };

/** One kind of picture, for every sample. */
export interface PanelRow {
  /** E.g. `segmentation, prediction`. */
  readonly title: string;
  readonly legend: PanelLegend | null;
  /** In the order of the samples. */
  readonly cells: readonly PanelCell[];
}

/** The classes of one kind of labels. */
export interface ClassLegend {
  readonly label: string;
  readonly classes: readonly { readonly name: string; readonly color: readonly [number, number, number] }[];
}

/** What a model sees in some samples, in the layout of the paper's Fig. 3: a column each. */
export interface PanelsView {
  /** Their ids. */
  readonly samples: readonly string[];
  readonly rows: readonly PanelRow[];
  readonly classes: readonly ClassLegend[];
}
