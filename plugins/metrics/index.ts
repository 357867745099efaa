import { absolute } from './absolute.js';
import { delta1, delta2, delta3 } from './delta.js';
import { irmse } from './irmse.js';
import { miouPerImage } from './miou-per-image.js';
import { miou } from './miou.js';
import { pixelAccuracy } from './pixel-accuracy.js';
import { relative } from './relative.js';
import { rmseLog } from './rmse-log.js';
import { rmse } from './rmse.js';

/** The built-in metrics, by the name that a config uses. */
export const metrics = {
  miou,
  'miou.perImage': miouPerImage,
  pixelAccuracy,
  absolute,
  relative,
  rmse,
  rmseLog,
  irmse,
  delta1,
  delta2,
  delta3,
};
