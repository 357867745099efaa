import { readHistory } from '../../../core/index.js';
import { renderPage } from '../../../core/report/page/page.js';
import type { PanelsView } from '../../../core/report/panels/index.js';
import { reportOf } from '../../../core/report/report.js';
import { eventsOf, writeRun } from './runs.js';

/** Ends an element, an attribute and a script, where it is let. */
const evil = `"'></script><script>globalThis.hacked=1</script><img src=x onerror=globalThis.hacked=1>&lt;`;

/** A page all of whose texts would like to be code. */
export async function evilPage(folder: string): Promise<string> {
  await writeRun(folder, [...eventsOf(2), { type: 'note', step: 8, text: evil }]);
  const history = readHistory(folder);
  const pixel = 'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';
  const panels: PanelsView = {
    samples: [evil, 'second', 'third'],
    rows: ['input', `${evil}, truth`, `${evil}, error`].map((title, row) => ({
      title,
      legend: row === 2 ? { kind: 'amount', high: 3, unit: evil } : null,
      cells: [0, 1, 2].map(() => ({ kind: 'picture', source: pixel, width: 64, height: 32 })),
    })),
    classes: [{ label: evil, classes: [{ name: evil, color: [1, 2, 3] }] }],
  };
  const frame = { tasks: [], baseline: undefined, comparison: null, panels };
  return renderPage({ ...reportOf(history, frame), history: { ...history, name: evil } }, { live: false });
}
