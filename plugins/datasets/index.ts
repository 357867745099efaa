import { cityscapesNpyExporter } from './cityscapes/export-npy.js';
import { cityscapesExporter } from './cityscapes/export.js';
import { foldersExporter } from './folders/export.js';
import { nyuv2NpyExporter } from './nyuv2/export-npy.js';
import { nyuv2Exporter } from './nyuv2/export.js';

export { cityscapes } from './cityscapes/index.js';
export { folders } from './folders/index.js';
export { mixed } from './mixed/index.js';
export { nyuv2 } from './nyuv2/index.js';
export { scenes } from './scenes/index.js';

/** Writers of data sets, by the layout that they write. */
export const exporters = {
  folders: foldersExporter,
  cityscapes: cityscapesExporter,
  cityscapesNpy: cityscapesNpyExporter,
  nyuv2: nyuv2Exporter,
  nyuv2Npy: nyuv2NpyExporter,
};
