export { resnets } from './resnet/index.js';
export { segnet } from './segnet.js';
