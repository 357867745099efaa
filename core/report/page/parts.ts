import { deltaM, hasGain } from '../../evaluation/index.js';
import { lastEngine } from '../../run/environment.js';
import type { RunHistory } from '../history.js';
import { duration, shown } from '../numbers.js';
import type { Report } from '../report.js';
import type { BaselineResult, ResultRow } from '../results.js';
import { html, type Content, type Html } from './html.js';

/** What the page says first: how far the run is and what it reached. */
export function facts({ history, results }: Report): Html {
  const { state, epoch, starts, steps, validations, environment, stored } = history;
  const { epochs } = stored.config.train;
  const start = starts.at(-1);
  const best = validations.findLast((validation) => validation.best);
  const engine = lastEngine(environment)?.engine;
  const entries: readonly (readonly [string, Content])[] = [
    ['epochs', html`${epoch} <small>of ${epochs}</small>`],
    ...(best ? [['best epoch', String(best.epoch + 1)] as const] : []),
    ...mains(results.rows).map(({ task, metric, value }) => [`${task} ${metric}`, shown(value)] as const),
    ...(typeof results.baseline?.deltaM === 'number'
      ? [
          [
            `Δm over ${results.baseline.name}`,
            html`${signed(results.baseline.deltaM)} <small>%</small>`,
          ] as const,
        ]
      : []),
    ...(start ? [['parameters', start.parameters.toLocaleString('en')] as const] : []),
    ...(start
      ? [['images', html`${start.trainSamples} <small>+ ${start.valSamples} val.</small>`] as const]
      : []),
    ...(start && steps.length > 0
      ? [['time in steps', duration(secondsOf(steps, start.batchSize))] as const]
      : []),
    ...(engine === undefined ? [] : [['engine', engine] as const]),
  ];
  return html`<p>
      <span class="state ${state}">${state}</span>
      <progress max="${epochs}" value="${epoch}" aria-label="Epochs done">${epoch} of ${epochs}</progress>
    </p>
    <dl class="facts">
      ${entries.map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>`;
}

/** Said when a run goes on. */
export function news({ history, results }: Report): string {
  const { state, epoch, stored } = history;
  const reached = mains(results.rows).map(({ task, metric, value }) => `${task} ${metric} ${shown(value)}`);
  return [`${state}, epoch ${epoch} of ${stored.config.train.epochs}`, ...reached].join('; ');
}

/** The first metric of each task stands for it. */
function mains(rows: readonly ResultRow[]): readonly ResultRow[] {
  return rows.filter(({ task }, index) => rows.findIndex((row) => row.task === task) === index);
}

/** Steps with their loading; neither validation nor checkpoints. */
function secondsOf(steps: RunHistory['steps'], batchSize: number): number {
  return steps.reduce(
    (sum, { imagesPerSecond }) => sum + (imagesPerSecond > 0 ? batchSize / imagesPerSecond : 0),
    0,
  );
}

/** The table of the best model's metrics. */
export function resultTable({ results: { rows, predictors, baseline } }: Report): Html {
  if (rows.length === 0) return html`<p class="muted">The run was not validated yet.</p>`;
  const hasTrivial = rows.some(({ trivial }) => trivial !== null);
  return html`<div class="wide card" tabindex="0" role="group" aria-label="Table of results">
      <table>
        <caption>
          The best model on the validation split${hasTrivial && ', beside what looks at no image'}
        </caption>
        <thead>
          <tr>
            <th scope="col">task</th>
            <th scope="col">metric</th>
            <th scope="col" class="number">model</th>
            ${
              hasTrivial &&
              html`<th scope="col" class="number">trivial</th>
                <th scope="col">predictor</th>`
            }
            ${
              baseline &&
              html`<th scope="col" class="number">${baseline.name}</th>
                <th scope="col" class="number">gain</th>`
            }
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (row) =>
              html`<tr>
                <th scope="row">${row.task}</th>
                <td>${row.metric} ${direction(row)}</td>
                <td class="number"><strong>${shown(row.value)}</strong></td>
                ${
                  hasTrivial &&
                  html`<td class="number">${row.trivial === null ? '–' : shown(row.trivial)}</td>
                    <td>${predictors[row.task]}</td>`
                }
                ${
                  baseline &&
                  html`<td class="number">${row.baseline === null ? '–' : shown(row.baseline)}</td>
                    <td class="number">${gainOf(row)}</td>`
                }
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${baseline && gainNote(baseline)}`;
}

function direction({ higherIsBetter }: ResultRow): Html {
  return higherIsBetter
    ? html`<span aria-hidden="true">↑</span><span class="hidden">, higher is better</span>`
    : html`<span aria-hidden="true">↓</span><span class="hidden">, lower is better</span>`;
}

function gainOf({ value, baseline, higherIsBetter }: ResultRow): string {
  if (baseline === null || !hasGain(baseline)) return '–';
  return `${signed(deltaM([{ value, baseline, higherIsBetter }]))} %`;
}

function gainNote({ name, deltaM, notInDeltaM, sameData }: BaselineResult): Html {
  return html`<p class="muted">
    ${deltaM === null ? `There is no Δm over ${name}: the two have no metric in common.` : html`Δm over ${name}: <strong>${signed(deltaM)} %</strong>, the mean of the gains; each run as it measured itself.`}
    ${notInDeltaM.length > 0 && `Without ${notInDeltaM.join(', ')}: the baseline’s is 0.`}
    ${!sameData && 'The two were measured on different data or at another size: “mtl evaluate --baseline” measures both on the same.'}
  </p>`;
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
}
