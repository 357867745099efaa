import { shown } from '../numbers.js';
import {
  heatGradient,
  mistakeColors,
  type PanelCell,
  type PanelLegend,
  type PanelsView,
} from '../panels/index.js';
import { html, type Html } from './html.js';

/** Samples as columns, as in the paper's Fig. 3, and the dialog that shows one picture large. */
export function panelGrid({ samples, rows, classes }: PanelsView): Html {
  return html`<p class="muted">
      The best model on ${samples.length} samples spread over the validation split. Arrow keys move between
      pictures, Enter enlarges one.
    </p>
    <div class="panels card">
      <table
        role="grid"
        style="--samples: ${samples.length}"
        aria-label="Samples and what the model sees in them"
      >
        <thead>
          <tr>
            <td></td>
            ${samples.map((id) => html`<th scope="col">${id}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ({ title, legend, cells }, row) =>
              html`<tr>
                <th scope="row">${rowTitle(title)}${legend && legendOf(legend)}</th>
                ${cells.map((cell, column) => html`<td>${cellOf(cell, { title, sample: samples[column]!, row, column })}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${classes.map(
      ({ label, classes: entries }) =>
        html`<h3>Classes of ${label}</h3>
          <ul class="keys">
            ${entries.map(({ name, color }) => html`<li><span class="swatch" style="background: rgb(${color.join(', ')})"></span> ${name}</li>`)}
          </ul>`,
    )}
    ${lightbox}`;
}

/** `depth, prediction`: the task once more small above what it is. */
function rowTitle(title: string): Html {
  const comma = title.lastIndexOf(', ');
  if (comma < 0) return html`<span>${title}</span>`;
  return html`<small>${title.slice(0, comma)}<span class="hidden">, </span></small
    ><span>${title.slice(comma + 2)}</span>`;
}

interface Place {
  readonly title: string;
  readonly sample: string;
  readonly row: number;
  readonly column: number;
}

function cellOf(cell: PanelCell, { title, sample, row, column }: Place): Html {
  if (cell.kind === 'words') return html`<span class="words">${cell.text}</span>`;
  const first = row === 0 && column === 0;
  return html`<button
    type="button"
    class="picture"
    data-row="${row}"
    data-column="${column}"
    data-title="${title}"
    data-sample="${sample}"
    tabindex="${first ? 0 : -1}"
  >
    <img src="${cell.source}" width="${cell.width}" height="${cell.height}" alt="${title} of ${sample}" />
  </button>`;
}

function legendOf(legend: PanelLegend): Html {
  if (legend.kind === 'wrong') {
    return html`<span class="legend"
      ><i class="swatch" style="background: ${mistakeColors.wrong}"></i> wrong
      <i class="swatch" style="background: ${mistakeColors.right}"></i> right
      <i class="swatch" style="background: ${mistakeColors.unknown}"></i> no label</span
    >`;
  }
  const { high, unit } = legend;
  return html`<span class="legend"
    ><i class="heat" style="background: ${heatGradient}"></i
    ><span class="ends"
      ><span>0</span><span>≥ ${shown(high)}${unit === '°' ? '' : ' '}${unit}</span></span
    ></span
  >`;
}

const lightbox = html`<dialog id="enlarged" aria-labelledby="enlarged-title">
  <header>
    <h2 id="enlarged-title"></h2>
    <button type="button" data-go="close" aria-label="Close">✕</button>
  </header>
  <img alt="" />
  <footer>
    <div>
      <button type="button" data-go="left" aria-label="Sample before">←</button
      ><button type="button" data-go="right" aria-label="Next sample">→</button>
    </div>
    <p><span aria-live="polite"></span><span data-legend></span></p>
    <div>
      <button type="button" data-go="up" aria-label="Picture above">↑</button
      ><button type="button" data-go="down" aria-label="Picture below">↓</button>
    </div>
  </footer>
</dialog>`;
