export { consistencyEnergy } from './energy.js';
export { heatAnchors, heatMap } from './heat-map.js';
export { ImagePredictor, type ImagePredictorOptions, type ImageResult } from './image-predictor.js';
export { panelOf, picturesOf, type Pictures } from './panels.js';
export { predictImages, type ImagePrediction, type DecodedTransfer } from './predict-images.js';
export { decodeRaw, encodeRaw, type RawEncoding, type RawPicture } from './raw.js';
export { resizeDecoded } from './resize-decoded.js';
