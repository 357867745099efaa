import { input, overrideKernel, type OverridingKernel } from '../../common/override-kernel.js';
import { convGrid, type ConvAttrs } from '../../common/window-padding.js';
import { cropImage, isPaddedByNumbers, paddedShape, padImage } from './pad-windows.js';

interface InputGradientAttrs extends ConvAttrs {
  readonly inputShape: readonly number[];
}

interface FilterGradientAttrs extends ConvAttrs {
  readonly filterShape: readonly number[];
}

/** Convolutions, ordinary and depthwise, and their gradients, padded by any numbers. */
export function registerConvolutions(): void {
  const families = [
    { depthwise: false, forward: ['Conv2D', 'FusedConv2D'], gradient: 'Conv2DBackprop' },
    {
      depthwise: true,
      forward: ['DepthwiseConv2dNative', 'FusedDepthwiseConv2D'],
      gradient: 'DepthwiseConv2dNativeBackprop',
    },
  ];
  for (const { depthwise, forward, gradient } of families) {
    for (const name of forward) overrideKernel('tensorflow', name, convolution(depthwise));
    overrideKernel('tensorflow', `${gradient}Input`, inputGradient(depthwise));
    overrideKernel('tensorflow', `${gradient}Filter`, filterGradient(depthwise));
  }
}

function convolution(depthwise: boolean): OverridingKernel<ConvAttrs> {
  return (inputs, attrs, stock) => {
    const x = input(inputs, 'x');
    const grid = gridOf(x.shape, input(inputs, 'filter').shape, attrs, depthwise);
    if (!grid) return stock(inputs, attrs);
    return stock({ ...inputs, x: padImage(x, grid) }, { ...attrs, pad: 'valid' });
  };
}

/** The padding's share of the gradient is cut off. */
function inputGradient(depthwise: boolean): OverridingKernel<InputGradientAttrs> {
  return (inputs, attrs, stock) => {
    const { inputShape } = attrs;
    const grid = gridOf(inputShape, input(inputs, 'filter').shape, attrs, depthwise);
    if (!grid) return stock(inputs, attrs);
    const padded = stock(inputs, { ...attrs, pad: 'valid', inputShape: paddedShape(inputShape, grid) });
    return cropImage(padded, inputShape, grid);
  };
}

function filterGradient(depthwise: boolean): OverridingKernel<FilterGradientAttrs> {
  return (inputs, attrs, stock) => {
    const x = input(inputs, 'x');
    const grid = gridOf(x.shape, attrs.filterShape, attrs, depthwise);
    if (!grid) return stock(inputs, attrs);
    return stock({ ...inputs, x: padImage(x, grid) }, { ...attrs, pad: 'valid' });
  };
}

/** Undefined where the backend can do it by itself, or where the layout is not the one that networks here have. */
function gridOf(
  inputShape: readonly number[],
  filterShape: readonly number[],
  attrs: ConvAttrs,
  depthwise: boolean,
): ReturnType<typeof convGrid> | undefined {
  if (attrs.dataFormat === 'NCHW') return undefined;
  const grid = convGrid(inputShape, filterShape, attrs, depthwise);
  return isPaddedByNumbers(grid) ? grid : undefined;
}
