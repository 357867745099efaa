import { shown } from '../numbers.js';
import type { ChartView, CurveView } from '../views.js';
import { html, type Html } from './html.js';

/** Charts side by side. The page's script draws them; what they show stands in words and numbers beside. */
export function figures(charts: readonly ChartView[]): Html {
  return html`<div class="charts">${charts.map(figure)}</div>`;
}

function figure(chart: ChartView): Html {
  const { id, title, unit, xUnit, scale } = chart;
  const axes = [unit, scale === 'log' ? 'logarithmic' : '', `over ${xUnit}s`].filter(Boolean).join(', ');
  return html`<figure class="card" id="${id}">
    <figcaption>
      <h3>${title}</h3>
      <span class="muted">${axes}</span>
    </figcaption>
    ${keys(chart)}
    <div class="chart" role="img" data-chart="${id}" aria-label="${chart.summary}"></div>
    <details>
      <summary>Numbers<span class="hidden"> of ${title}</span></summary>
      <div class="wide" tabindex="0" role="group" aria-label="Numbers of ${title}" data-part="numbers-${id}">
        ${numbers(chart)}
      </div>
    </details>
  </figure>`;
}

/** What changes in a chart's figure while a run goes on, beside the chart itself. */
export function numbers({ title, rows, level }: ChartView): Html {
  return html`<table>
    <caption class="hidden">
      ${title}
    </caption>
    <thead>
      <tr>
        <th scope="col">curve</th>
        <th scope="col">first</th>
        <th scope="col">last</th>
        <th scope="col">lowest</th>
        <th scope="col">highest</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr>
            <th scope="row">${row.name}</th>
            ${[row.first, row.last, row.lowest, row.highest].map((value) => html`<td class="number">${shown(value)}</td>`)}
          </tr>`,
      )}
      ${
        level &&
        html`<tr>
          <th scope="row">${level.name}</th>
          <td class="number" colspan="4">${shown(level.y)}</td>
        </tr>`
      }
    </tbody>
  </table>`;
}

/** A legend is only needed where there are several curves. */
function keys({ curves, level, best }: ChartView): Html | null {
  const named = curves.filter(({ look }) => look !== 'pale');
  if (named.length + Number(level !== null) + Number(best !== null) < 2) return null;
  return html`<ul class="keys">
    ${named.map(({ name, look, color }) => html`<li>${line(look, `c${color % 7}`)} ${name}</li>`)}
    ${
      best &&
      html`<li>
        <svg class="key" viewBox="0 0 28 10" aria-hidden="true">
          <path class="star" d="M14 0l5 5-5 5-5-5z" />
        </svg>
        best model
      </li>`
    }
    ${level && html`<li>${line('dashed', 'level')} ${level.name}</li>`}
  </ul>`;
}

function line(look: CurveView['look'], kind: string): Html {
  return html`<svg class="key ${kind} ${look}" viewBox="0 0 28 10" aria-hidden="true">
    <path d="M1 5h26" />
  </svg>`;
}
