export { contactSheet, mosaic } from './contact-sheet.js';
export { inspectSplit, type SplitReport } from './inspect.js';
export { spread } from './spread.js';
export type { ClassReport, Histogram, LabelReport, NumberReport } from './labels.js';
