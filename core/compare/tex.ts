import type { ComparisonResult } from './result.js';
import {
  bestInBold,
  columnTitle,
  comparisonTable,
  type ComparisonTable,
  type TableColumn,
  type TableRow,
} from './table.js';

/** A comparison as a LaTeX table; it needs the package booktabs. */
export function comparisonTex(result: ComparisonResult): string {
  const table = comparisonTable(result);
  const { title, columns, labels, rows, notes } = table;
  const ours = rows.filter(({ published }) => published === null);
  const others = rows.filter(({ published }) => published !== null);
  return [
    '% \\usepackage{booktabs}',
    '\\begin{table}',
    '\\centering',
    ...(title === null ? [] : [`\\caption{${escape(title)}}`]),
    `\\begin{tabular}{${columns.map((_, index) => (index < labels ? 'l' : 'r')).join('')}}`,
    '\\toprule',
    ...groupLines(table),
    `${columns.map(titleOf).join(' & ')} \\\\`,
    '\\midrule',
    ...ours.map(rowLine),
    ...(others.length > 0 ? ['\\midrule', ...others.map(rowLine)] : []),
    '\\bottomrule',
    '\\end{tabular}',
    ...[...notes, bestInBold].map((note) => `\\par\\footnotesize ${escape(note)}`),
    '\\end{table}',
    '',
  ].join('\n');
}

/** The tasks above their metrics. */
function groupLines({ columns }: ComparisonTable): readonly string[] {
  const spans: { readonly group: string; readonly from: number; readonly to: number }[] = [];
  for (const [index, { group }] of columns.entries()) {
    const last = spans.at(-1);
    if (last?.group === group) spans.splice(-1, 1, { ...last, to: index });
    else spans.push({ group, from: index, to: index });
  }
  const cells = spans.map(({ group, from, to }) => `\\multicolumn{${to - from + 1}}{c}{${escape(group)}}`);
  const rules = spans
    .filter(({ group }) => group !== '')
    .map(({ from, to }) => `\\cmidrule(lr){${from + 1}-${to + 1}}`);
  return [`${cells.join(' & ')} \\\\`, rules.join(' ')];
}

/** The groups have a line of their own. */
function titleOf(column: TableColumn): string {
  return escape(columnTitle({ ...column, group: '' }));
}

function rowLine({ cells, best }: TableRow): string {
  const texts = cells.map((cell, index) => (best[index] ? `\\textbf{${escape(cell)}}` : escape(cell)));
  return `${texts.join(' & ')} \\\\`;
}

const symbols: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '±': '$\\pm$',
  '↑': '$\\uparrow$',
  '↓': '$\\downarrow$',
  '–': '--',
  '−': '$-$',
  '’': "'",
  '“': '``',
  '”': "''",
  '†': '\\dag{}',
  '‡': '\\ddag{}',
  '§': '\\S{}',
};

function escape(text: string): string {
  return text
    .replace(/^-(?=\d)/, '−')
    .replace(/[\\~^±↑↓–−’“”†‡§&%$#_{}]/g, (character) => symbols[character] ?? `\\${character}`)
    .replaceAll('Δm', '$\\Delta_m$');
}
