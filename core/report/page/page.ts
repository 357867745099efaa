import type { Report } from '../report.js';
import { stepBuckets } from '../charts.js';
import type { ChartView, LiveUpdate } from '../views.js';
import { readAssets, type Asset } from './assets.js';
import { comparisonTableHtml } from './comparison-table.js';
import { figures, numbers } from './figures.js';
import { happened } from './happened.js';
import { html, Html, scriptJson } from './html.js';
import { panelGrid } from './panel-grid.js';
import { facts, news, resultTable } from './parts.js';
import { setup } from './setup.js';

interface Section {
  readonly id: string;
  readonly title: string;
  readonly content: Html;
}

/**
 * A run's page: one file that asks for nothing from anywhere else.
 * @param live whether the page asks its own server for what is new
 */
export function renderPage(report: Report, { live }: { readonly live: boolean }): string {
  const { script, style } = readAssets();
  const { name } = report.history;
  const sections = sectionsOf(report);
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy(script, style, live)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${name} · crosstask</title>
        ${inline('style', style)}
      </head>
      <body ${live && html`data-live="/live" data-layout="${layoutOf(chartsOf(report))}"`}>
        <a class="skip" href="#content">Skip to the content</a>
        <header class="top">
          <p class="muted">crosstask report</p>
          <h1>${name}</h1>
          <div data-part="facts">${facts(report)}</div>
          ${live && html`<p class="hidden" role="status" data-news></p>`}
        </header>
        <nav aria-label="Sections">
          <ul>
            ${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}
          </ul>
        </nav>
        <main id="content" tabindex="-1">
          ${sections.map(
            ({ id, title, content }) =>
              html`<section aria-labelledby="${id}">
                <h2 id="${id}">${title}</h2>
                ${content}
              </section>`,
          )}
        </main>
        <footer class="muted">
          <p>
            Made by crosstask. Of more than ${stepBuckets} steps, smooth curves show the mean of each of
            ${stepBuckets} equal parts, pale ones and those of learning rate and gradients the lowest and the
            highest value of each.
          </p>
        </footer>
        <script type="application/json" id="charts">
          ${scriptJson(chartsOf(report))}
        </script>
        ${inline('script', script)}
      </body>
    </html> `.text;
}

/** Not a space may come between: the page's policy names what stands in the element by its hash. */
function inline(element: 'script' | 'style', { text }: Asset): Html {
  return new Html(`<${element}>${text}</${element}>`);
}

/** What of the page changes while the run goes on. */
export function liveUpdate(report: Report): LiveUpdate {
  const charts = chartsOf(report);
  const own = charts.map((chart) => [`numbers-${chart.id}`, numbers(chart).text] as const);
  return {
    layout: layoutOf(charts),
    charts,
    parts: {
      facts: facts(report).text,
      results: resultTable(report).text,
      happened: happened(report.history).text,
      ...Object.fromEntries(own),
    },
    news: news(report),
  };
}

/** Which charts there are, and which legends they have. */
function layoutOf(charts: readonly ChartView[]): string {
  return charts
    .map(({ id, curves, level, best }) => `${id}:${curves.length}${level !== null}${best !== null}`)
    .join();
}

function chartsOf({ charts: { metrics, losses, training } }: Report): readonly ChartView[] {
  return [...metrics, ...losses, ...training];
}

/** Nothing may be loaded; the script and the style sheet are the page's own, by their hashes. */
function policy(script: Asset, style: Asset, live: boolean): string {
  return [
    "default-src 'none'",
    `script-src '${script.hash}'`,
    `style-src-elem '${style.hash}'`,
    "style-src-attr 'unsafe-inline'",
    'img-src data:',
    ...(live ? ["connect-src 'self'"] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

function sectionsOf(report: Report): readonly Section[] {
  const { charts, panels, comparison, history } = report;
  const results = html`<div data-part="results">${resultTable(report)}</div>`;
  const found = (id: string, title: string, views: readonly ChartView[]): readonly Section[] =>
    views.length > 0 ? [{ id, title, content: figures(views) }] : [];
  return [
    { id: 'results', title: 'Results', content: results },
    ...(comparison
      ? [{ id: 'comparison', title: 'Comparison', content: comparisonTableHtml(comparison) }]
      : []),
    ...(panels === null ? [] : [{ id: 'predictions', title: 'Predictions', content: panelsOf(panels) }]),
    ...found('metrics', 'Validation', charts.metrics),
    ...found('losses', 'Losses', charts.losses),
    ...found('training', 'Training', charts.training),
    { id: 'events', title: 'Events', content: html`<div data-part="happened">${happened(history)}</div>` },
    { id: 'setup', title: 'Setup', content: setup(history) },
  ];
}

function panelsOf(panels: NonNullable<Report['panels']>): Html {
  return typeof panels === 'string' ? html`<p class="muted">No pictures: ${panels}</p>` : panelGrid(panels);
}
