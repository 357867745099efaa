export type { ComparisonColumn } from './columns.js';
export {
  compare,
  loadStoredComparison,
  readComparison,
  type CompareOptions,
  type ComparisonEvent,
} from './compare.js';
export { comparisonCsv } from './csv.js';
export type { CellOutcome, StoredComparison } from './folder.js';
export {
  loadComparison,
  type ComparisonCell,
  type ComparisonSource,
  type LoadComparisonOptions,
  type LoadedComparison,
} from './load.js';
export { comparisonMarkdown } from './markdown.js';
export type { CellState, ComparisonResult, ComparisonRow, Measured } from './result.js';
export type { RowPlan } from './rows.js';
export type { Comparison } from './schema.js';
export {
  columnTitle,
  comparisonTable,
  type ComparisonTable,
  type TableColumn,
  type TableRow,
} from './table.js';
export { comparisonTex } from './tex.js';
