import { overrideKernel } from '../../common/override-kernel.js';
import {
  resizeBilinearGrad,
  resizeNearestNeighborGrad,
  type ResizeAttrs,
} from '../../common/resize-grads.js';
import type { PoolAttrs } from '../../common/window-padding.js';
import { avgPoolGrad } from './avg-pool-grad.js';
import { maxPoolGrad } from './max-pool-grad.js';

let registered = false;

/** Puts this engine's gradients where the backend's own are wrong; a second call changes nothing. */
export function registerWebgpuKernels(): void {
  if (registered) return;
  overrideKernel<PoolAttrs>('webgpu', 'AvgPoolGrad', avgPoolGrad);
  overrideKernel<PoolAttrs>('webgpu', 'MaxPoolGrad', maxPoolGrad);
  for (const [name, gradient] of [
    ['ResizeBilinearGrad', resizeBilinearGrad],
    ['ResizeNearestNeighborGrad', resizeNearestNeighborGrad],
  ] as const) {
    overrideKernel<ResizeAttrs>('webgpu', name, (inputs, attrs, stock) =>
      isWrong(inputs, attrs) ? gradient(inputs, attrs) : stock(inputs, attrs),
    );
  }
  registered = true;
}

/**
 * The backend's own resize gradients know nothing of half-pixel centres, and with aligned corners they look at no
 * output along an axis with a single input: the distance between two inputs' outputs is infinite there.
 */
function isWrong(
  { images, dy }: Readonly<Record<string, { readonly shape: readonly number[] }>>,
  { alignCorners, halfPixelCenters }: ResizeAttrs,
): boolean {
  if (halfPixelCenters) return true;
  return alignCorners && [1, 2].some((axis) => images?.shape[axis] === 1 && (dy?.shape[axis] ?? 0) > 1);
}
