import type { ComparisonTable } from '../compare/index.js';
import type { Task } from '../contracts/index.js';
import { runCharts, type RunCharts } from './charts.js';
import type { RunHistory } from './history.js';
import type { PanelsView } from './panels/index.js';
import { resultsOf, type Results } from './results.js';

/** All that a page shows of a run. */
export interface Report {
  readonly history: RunHistory;
  readonly charts: RunCharts;
  readonly results: Results;
  readonly comparison: ComparisonTable | null;
  /** Pictures; or why there are none; null where none were asked for. */
  readonly panels: PanelsView | string | null;
}

/** What does not change while a run goes on. */
export interface ReportFrame extends Pick<Report, 'comparison' | 'panels'> {
  readonly tasks: readonly Task[];
  readonly baseline: RunHistory | undefined;
}

export function reportOf(history: RunHistory, { tasks, baseline, comparison, panels }: ReportFrame): Report {
  return {
    history,
    charts: runCharts(history),
    results: resultsOf(history, tasks, baseline),
    comparison,
    panels,
  };
}
