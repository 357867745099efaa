// Convolutions on processors with AVX2 and without AVX-512, where libtorch's own with channels innermost are slow.
#pragma once

#include <ATen/ATen.h>

namespace crosstask {

/// Where a convolution's windows stand.
struct Windows2d {
  int64_t height, width, rowStride, columnStride, top, left, rowDilation, columnDilation;
};

/// Whether this is an x86 processor older than AVX-512.
bool lacksAvx512();

/// Whether the functions below are to be used: on such a processor, for float32, where `channels` are whole vectors of 8.
bool prefersAvx2(const at::Tensor& image, int64_t channels);

/// y[p, o] = Σ over taps (i, j) and channels c of x[p · stride + (i, j) · dilation − padding, c] · w[i, j, c, o] + bias[o]
/// @param x [batch, rows, columns, in], contiguous
/// @param filter [height, width, in, out] in any strides; out is a multiple of 8
/// @param bias [out], or undefined
/// @returns [batch, y rows, y columns, out], after ReLU if asked
at::Tensor avx2Convolution(const at::Tensor& x, const at::Tensor& filter, const at::Tensor& bias, bool relu,
                           const Windows2d& windows, int64_t outRows, int64_t outColumns);

/// dW[o, i, j, c] = Σ over pixels p of dy[p, o] · x[p · stride + (i, j) · dilation − padding, c]
/// @param x [batch, rows, columns, in], contiguous; in is a multiple of 8
/// @param dy [batch, y rows, y columns, out], contiguous
/// @returns [out, height, width, in], contiguous
at::Tensor avx2FilterGradient(const at::Tensor& x, const at::Tensor& dy, const Windows2d& windows);

}  // namespace crosstask
