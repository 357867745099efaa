import type { Point } from './series.js';

/** One curve of a chart. */
export interface CurveView {
  readonly name: string;
  readonly points: readonly Point[];
  /** `pale`: drawn behind the others and not named, e.g. what a smoothed curve was made of. */
  readonly look: 'solid' | 'dashed' | 'dotted' | 'pale';
  /** Place in the page's palette, from 0. */
  readonly color: number;
}

/** A level across a chart, e.g. what a trivial predictor reaches. */
export interface LevelView {
  readonly name: string;
  readonly y: number;
}

/** A chart as the page draws it. Plain JSON. */
export interface ChartView {
  /** Letters, digits and `-`. */
  readonly id: string;
  readonly title: string;
  /** What the y axis shows, e.g. `loss` or `images/s`; empty where the title says it. */
  readonly unit: string;
  readonly xUnit: 'epoch' | 'step';
  readonly scale: 'linear' | 'log';
  readonly curves: readonly CurveView[];
  readonly level: LevelView | null;
  /** The best model's place. */
  readonly best: Point | null;
  /** The chart in words. */
  readonly summary: string;
  /** Of each curve: what its numbers are, for those who see no chart. */
  readonly rows: readonly CurveSummary[];
}

export interface CurveSummary {
  readonly name: string;
  readonly first: number;
  readonly last: number;
  readonly lowest: number;
  readonly highest: number;
}

/** What a live page is told when the run has gone on. */
export interface LiveUpdate {
  /** Another one means that the page has other parts now: it is loaded again. */
  readonly layout: string;
  /** HTML of the page's parts that change, by name. */
  readonly parts: Readonly<Record<string, string>>;
  readonly charts: readonly ChartView[];
  /** Said to those who hear the page. */
  readonly news: string;
}
