export { absoluteError, classError } from './error-map.js';
export { heatGradient, mistakeColors } from './heat.js';
export { makePanels } from './panels.js';
export type { PanelCell, PanelLegend, PanelRow, PanelsView } from './views.js';
