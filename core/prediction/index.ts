export { consistencyEnergy } from './energy.js';
export { predictImages, type ImagePrediction, type DecodedTransfer } from './predict-images.js';
