import { definePlugin } from 'crosstask';
import { boundaries } from './boundaries.js';
import { boundaryIou } from './boundary-iou.js';
import { focal } from './focal.js';

/** The default export is what a config's `plugins:` finds. */
export default definePlugin({
  name: 'crosstask-plugin-edges',
  tasks: { boundaries },
  losses: { focal },
  metrics: { boundaryIou },
});
