import type { LiveUpdate } from '../../views.js';
import type { Charts } from './charts.js';

/** Keeps the page of a run that goes on up to date, where it was served for that. */
export function followRun(charts: Charts): void {
  const { live, layout } = document.body.dataset;
  if (live === undefined) return;
  new EventSource(live).addEventListener('message', ({ data }) => {
    const update = JSON.parse(String(data)) as LiveUpdate;
    if (update.layout !== layout) {
      location.reload();
      return;
    }
    for (const part of document.querySelectorAll<HTMLElement>('[data-part]')) {
      const text = update.parts[part.dataset['part']!];
      // What did not change is left alone: someone may be reading or selecting it.
      if (text !== undefined && text !== shown.get(part)) part.innerHTML = text;
      if (text !== undefined) shown.set(part, text);
    }
    const news = document.querySelector('[data-news]');
    if (news && news.textContent !== update.news) news.textContent = update.news;
    charts.update(update.charts);
  });
}

/** What each part shows, as it came: a browser writes HTML in its own way. */
const shown = new WeakMap<Element, string>();
