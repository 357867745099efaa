import type { ChartView } from '../../views.js';
import { Charts } from './charts.js';
import { followRun } from './live.js';
import { browsePanels } from './panels.js';

const views = JSON.parse(document.getElementById('charts')!.textContent) as readonly ChartView[];
const charts = new Charts(views);
browsePanels();
followRun(charts);
