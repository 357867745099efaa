/** Ways to turn several losses into one update; they need no vision code and work on any tfjs model. */
export { constant } from './losses/constant.js';
export { dwa } from './losses/dwa.js';
export { equal } from './losses/equal.js';
export { excessMtl } from './losses/excess-mtl.js';
export { famo } from './losses/famo.js';
export { gls } from './losses/gls.js';
export { gradnorm } from './losses/gradnorm.js';
export { imtlL } from './losses/imtl-l.js';
export { rlw } from './losses/rlw.js';
export { stch } from './losses/stch.js';
export { uncertainty } from './losses/uncertainty.js';
export { dbMtl } from './gradients/db-mtl.js';
export { graddrop } from './gradients/graddrop.js';
export { moco } from './gradients/moco.js';
export { sum } from './gradients/sum.js';
export { trimmedMean } from './gradients/trimmed-mean.js';
