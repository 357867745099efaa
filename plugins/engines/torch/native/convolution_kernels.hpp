// Convolutions of the addon's own, for processors with AVX2 or AVX-512: what they are asked, and where they are found.
// They are written once, for vectors of any length, and compiled for each set of instructions (avx2.cc, avx512.cc).
#pragma once

#include <cstdint>

namespace crosstask {

/// [batch, rows, columns, channels], contiguous, in float32 or bfloat16.
struct Image {
  void* data;
  int64_t batch, rows, columns, channels;

  int64_t pixels() const { return batch * rows * columns; }
};

/// Where a convolution's windows stand.
struct Windows2d {
  int64_t height, width, rowStride, columnStride, top, left, rowDilation, columnDilation;
};

/// [height, width, in, out] in float32; strides of any sign.
struct Filter {
  const float* data;
  int64_t row, column, in, out;  // strides

  const float* at(int64_t i, int64_t j, int64_t c, int64_t o) const {
    return data + i * row + j * column + c * in + o * out;
  }
};

/// y[p, o] = Σ over taps (i, j) and channels c of x[p · stride + (i, j) · dilation − padding, c] · w[i, j, c, o] + bias[o]
struct ForwardProblem {
  Image x, y;
  Filter filter;
  const float* bias;  // [out], or none
  bool relu;          // follows
  Windows2d windows;
};

/// dW[o, i, j, c] = Σ over pixels p of dy[p, o] · x[p · stride + (i, j) · dilation − padding, c]
struct FilterProblem {
  Image x, dy;
  float* result;  // [out, height, width, in], contiguous
  Windows2d windows;
};

/// What there is for one set of instructions. `lanes`: float32 numbers in a vector; y's channels, and of a filter's
/// gradient x's, are whole vectors.
struct ConvolutionKernels {
  int64_t lanes;
  void (*direct)(const ForwardProblem&);
  void (*directFilter)(const FilterProblem&);
  /// Winograd's, for 3×3 windows that move by one pixel. Of x and y, the channels are whole vectors.
  void (*winograd)(const ForwardProblem&);
  void (*winogradFilter)(const FilterProblem&);
  /// On bfloat16, with twice the channels in a vector; nothing where the processor does not multiply it.
  void (*narrowWinograd)(const ForwardProblem&);
  void (*narrowWinogradFilter)(const FilterProblem&);
  /// Of x in float32, y in bfloat16: for a single tap, without bias and ReLU.
  void (*narrowingDirect)(const ForwardProblem&);
};

/// Nothing on a processor without these instructions.
const ConvolutionKernels* avx2Kernels();
const ConvolutionKernels* avx512Kernels();

}  // namespace crosstask
