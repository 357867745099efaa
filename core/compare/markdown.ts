import type { ComparisonResult } from './result.js';
import { bestInBold, columnTitle, comparisonTable } from './table.js';

/** A comparison as a table in Markdown, its notes below. */
export function comparisonMarkdown(result: ComparisonResult): string {
  const { title, columns, labels, rows, notes } = comparisonTable(result);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const table = [
    line(columns.map((column) => escape(columnTitle(column)))),
    line(columns.map((_, index) => (index < labels ? '---' : '---:'))),
    ...rows.map(({ cells, best }) =>
      line(cells.map((cell, index) => (best[index] ? `**${escape(cell)}**` : escape(cell)))),
    ),
  ];
  return [
    ...(title === null ? [] : [`## ${escape(title)}\n`]),
    ...table,
    '',
    ...[...notes, bestInBold].map((note) => `- ${escape(note)}`),
    '',
  ].join('\n');
}

function escape(text: string): string {
  return text.replace(/[\\|*_<`]/g, (character) => `\\${character}`);
}
