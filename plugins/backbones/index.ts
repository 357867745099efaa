export { resnets } from './resnet/index.js';
