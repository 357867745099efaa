import { overrideKernel } from '../../common/override-kernel.js';
import {
  resizeBilinearGrad,
  resizeNearestNeighborGrad,
  type ResizeAttrs,
} from '../../common/resize-grads.js';
import { registerConvolutions } from './convolutions.js';
import { registerPools } from './pools.js';

let registered = false;

/**
 * What the packages' backend refuses or gets wrong: it knows no padding but `valid` and `same`, while the layers
 * here pad by numbers, and its resize gradients know nothing of half-pixel centres. A second call changes nothing.
 */
export function registerTensorflowKernels(): void {
  if (registered) return;
  registerConvolutions();
  registerPools();
  for (const [name, gradient] of [
    ['ResizeBilinearGrad', resizeBilinearGrad],
    ['ResizeNearestNeighborGrad', resizeNearestNeighborGrad],
  ] as const) {
    overrideKernel<ResizeAttrs>('tensorflow', name, (inputs, attrs, stock) =>
      attrs.halfPixelCenters ? gradient(inputs, attrs) : stock(inputs, attrs),
    );
  }
  registered = true;
}
