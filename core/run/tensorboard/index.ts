export { TensorBoardLog } from './tensorboard.js';
