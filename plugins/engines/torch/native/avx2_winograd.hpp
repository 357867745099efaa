// 3×3 convolutions with 4 multiplications for each output value instead of 9, on processors with AVX2.
#pragma once

#include <ATen/ATen.h>

namespace crosstask {

/// Whether these are worth their transforms: many pixels, enough channels of whole vectors of 8. The caller has asked
/// `prefersAvx2` already.
bool prefersWinograd(int64_t in, int64_t out, int64_t pixels);

/// y[p, o] = Σ over i, j < 3 and c of x[p + (i, j) − (top, left), c] · w[i, j, c, o] + bias[o]
/// @param x [batch, rows, columns, in], contiguous
/// @param filter [3, 3, in, out] in any strides
/// @param turned the filter is read from its other end: w[2 − i, 2 − j, c, o]
/// @param bias [out], or undefined
/// @returns [batch, y rows, y columns, out], after ReLU if asked
at::Tensor winogradConvolution(const at::Tensor& x, const at::Tensor& filter, bool turned, const at::Tensor& bias,
                               bool relu, int64_t top, int64_t left, int64_t outRows, int64_t outColumns);

/// dW[o, i, j, c] = Σ over p of dy[p, o] · x[p + (i, j) − (top, left), c]
/// @returns [out, 3, 3, in], contiguous
at::Tensor winogradFilterGradient(const at::Tensor& x, const at::Tensor& dy, int64_t top, int64_t left);

}  // namespace crosstask
