export { readHistory, type EventsOf, type RunHistory } from './history.js';
export type { ReportOptions } from './frame.js';
export { absoluteError, classError } from './panels/index.js';
export { serveReport, type ReportServer, type ServeReportOptions } from './serve-report.js';
export { writeReport, type WriteReportOptions, type WrittenReport } from './write-report.js';
