// Where the addon's own convolutions are faster than libtorch's, and their call.
#pragma once

#include <ATen/ATen.h>

#include "convolution_kernels.hpp"

namespace crosstask {

/// Whether this is an x86 processor older than AVX-512.
bool lacksAvx512();

/// For tests: no vectors longer than this many numbers from now on, in the whole process.
void limitLanes(int64_t lanes);

/// @param x [batch, rows, columns, in] in what is to be computed in
/// @param filter [height, width, in, out] in float32 and any strides
/// @param bias [out] in float32, or undefined
/// @param windows with negative dilations, they reach back
/// @returns [batch, y rows, y columns, out], after ReLU if asked; undefined where libtorch's is to be taken
at::Tensor ownConvolution(const at::Tensor& x, const at::Tensor& filter, const at::Tensor& bias, bool relu,
                          const Windows2d& windows, int64_t outRows, int64_t outColumns);

/// @param dy [batch, y rows, y columns, out], of x's type
/// @returns [out, height, width, in] in float32; undefined where libtorch's is to be taken
at::Tensor ownFilterGradient(const at::Tensor& x, const at::Tensor& dy, const Windows2d& windows);

}  // namespace crosstask
