export { artifactsOf, type GraphModelArtifacts } from './artifacts.js';
export { checkGraphModel } from './check.js';
export { decodedOutput, graphOf, inputName, predictionOutput, transferredOutput } from './graph-model.js';
