import type { RunHistory } from '../history.js';
import { html, type Html } from './html.js';

/** Lines shown of each kind; a run may leave out a sample in every step. */
const most = 50;

/** What was out of the ordinary, with counts. */
export function happened(history: RunHistory): Html {
  const { notes, skipped, rollbacks, badSamples, stops, environment } = history;
  const kinds = [
    kind(
      'Notes',
      notes.map(({ step, text }) => `After step ${step}: ${text}`),
    ),
    kind(
      'Resumptions',
      (environment?.resumed ?? []).map(
        ({ time, engine, engineDetail, step }) =>
          `${time}, after step ${step}, on ${engine} (${engineDetail})`,
      ),
    ),
    kind(
      'Rollbacks',
      rollbacks.map(
        ({ step, backTo, reason }) =>
          `Step ${step}: back to the state after step ${backTo}, at half the learning rate: ${reason}`,
      ),
    ),
    kind(
      'Steps passed over',
      skipped.map(({ step, reason }) => `Step ${step}: ${reason}`),
    ),
    kind(
      'Samples left out',
      badSamples.map(({ split, index, reason }) => `Sample ${index} of ${split}: ${reason}`),
    ),
    kind(
      'Stops',
      stops.map(({ step, reason }) => `After step ${step}: ${reason}`),
    ),
  ].filter((found) => found !== undefined);
  return kinds.length > 0
    ? html`<div class="card">${kinds}</div>`
    : html`<p class="muted">
        Nothing out of the ordinary: no notes, rollbacks, steps passed over, bad samples, resumptions or
        stops.
      </p>`;
}

function kind(title: string, lines: readonly string[]): Html | undefined {
  if (lines.length === 0) return undefined;
  const rest = lines.length - most;
  return html`<h3>${title} <span class="count">${lines.length}</span></h3>
    <ul class="lines">
      ${lines.slice(0, most).map((line) => html`<li>${line}</li>`)}
      ${rest > 0 && html`<li class="muted">and ${rest} more in events.jsonl</li>`}
    </ul>`;
}
