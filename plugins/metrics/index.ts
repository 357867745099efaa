import { absolute } from './absolute.js';
import { accuracy } from './accuracy.js';
import { angleMean } from './angle-mean.js';
import { angleMedian } from './angle-median.js';
import { averagePrecision } from './average-precision.js';
import { delta1, delta2, delta3 } from './delta.js';
import { edgeF } from './edge-f.js';
import { irmse } from './irmse.js';
import { meanAccuracy } from './mean-accuracy.js';
import { miouPerImage } from './miou-per-image.js';
import { miou } from './miou.js';
import { pixelAccuracy } from './pixel-accuracy.js';
import { psnr } from './psnr.js';
import { r2 } from './r2.js';
import { relative } from './relative.js';
import { rmseLog } from './rmse-log.js';
import { rmse } from './rmse.js';
import { within11, within22, within30 } from './within-angle.js';

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
  angleMean,
  angleMedian,
  within11,
  within22,
  within30,
  edgeF,
  averagePrecision,
  psnr,
  accuracy,
  meanAccuracy,
  r2,
};
