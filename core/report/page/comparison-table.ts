import { columnTitle, type ComparisonTable } from '../../compare/index.js';
import { html, type Html } from './html.js';

/** The table of a comparison: the best measured values bold, what was published elsewhere marked. */
export function comparisonTableHtml({ title, columns, labels, rows, notes }: ComparisonTable): Html {
  return html`<div class="wide card" tabindex="0" role="group" aria-label="Table of the comparison">
      <table>
        <caption>
          ${title ?? 'Systems side by side'}
        </caption>
        <thead>
          <tr>
            ${columns.map(
              (column, index) =>
                html`<th scope="col" ${index >= labels && html`class="number"`}>
                  ${column.group && html`<small>${column.group}</small> `}${columnTitle({ ...column, group: '' })}
                </th>`,
            )}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ({ cells, best, published }) =>
              html`<tr ${published !== null && html`class="published"`}>
                ${cells.map((cell, column) =>
                  column < labels
                    ? html`<th scope="row">${cell}</th>`
                    : html`<td class="number">${best[column] ? html`<strong>${cell}</strong>` : cell}</td>`,
                )}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${notes.map((note) => html`<p class="muted">${note}</p>`)}`;
}
