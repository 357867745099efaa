// The products of matrices that the convolutions are made of. A tile of the result stays in registers. The loops over a
// tile are unrolled by pragmas, so that the compiler keeps its sums there.
#pragma once

#include "vectors.hpp"

namespace crosstask {
namespace {

/// y[p][o] += Σ_c x[p][c] · panel[c][o] for kPixelRows pixels at any addresses; `first`: y is overwritten.
template <int Vectors, typename Number>
CROSSTASK_TARGET inline void multiplyPixels(const float* const* x, int64_t channels, const float* panel, Number* y,
                                            int64_t stride, int64_t rows, bool first) {
  const float* pixels[kPixelRows];
  Vector sums[kPixelRows][Vectors];
#pragma GCC unroll 8
  for (int p = 0; p < kPixelRows; p++) {
    pixels[p] = x[p];
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; v++)
      sums[p][v] = first || p >= rows ? Vector{} : load(y + p * stride + kLanes * v);
  }
  for (int64_t c = 0; c < channels; c++) {
    Vector weights[Vectors];
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; v++) weights[v] = load(panel + kLanes * (c * Vectors + v));
#pragma GCC unroll 8
    for (int p = 0; p < kPixelRows; p++) {
      const Vector value = broadcast(pixels[p] + c);
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; v++) sums[p][v] = addProduct(float(), value, weights[v], sums[p][v]);
    }
  }
#pragma GCC unroll 8
  for (int p = 0; p < kPixelRows; p++) {
    if (p == rows) break;
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; v++) store(y + p * stride + kLanes * v, sums[p][v]);
  }
}

/// dW[o][c] += Σ_p dy[p][o] · x[p][c] for kPixelRows output channels, packed, and some vectors of input channels.
template <int Vectors>
CROSSTASK_TARGET inline void correlatePixels(const float* const* x, int64_t channel, const float* dy, int64_t pixels,
                                             float* tile, int64_t stride, int64_t rows) {
  Vector sums[kPixelRows][Vectors];
#pragma GCC unroll 8
  for (int o = 0; o < kPixelRows; o++)
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; v++) sums[o][v] = Vector{};
  for (int64_t p = 0; p < pixels; p++) {
    Vector values[Vectors];
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; v++) values[v] = load(x[p] + channel + kLanes * v);
#pragma GCC unroll 8
    for (int o = 0; o < kPixelRows; o++) {
      const Vector slope = broadcast(dy + p * kPixelRows + o);
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; v++) sums[o][v] = addProduct(float(), slope, values[v], sums[o][v]);
    }
  }
#pragma GCC unroll 8
  for (int o = 0; o < kPixelRows; o++) {
    if (o == rows) break;
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; v++) {
      float* to = tile + o * stride + kLanes * v;
      store(to, load(to) + sums[o][v]);
    }
  }
}

/// y[t][o] = Σ_u x[u / kLanes][t][u % kLanes] · panel[u][o] for kRows rows t. A line of x is one vector, so that the
/// rows stand at fixed distances from each other and one register points to all of them.
template <typename Number, int Vectors>
CROSSTASK_TARGET inline void multiplyLines(const float* x, int64_t lineStride, int64_t lines, const float* panel,
                                           float* y) {
  Vector sums[kRows][Vectors];
#pragma GCC unroll 16
  for (int t = 0; t < kRows; t++)
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; v++) sums[t][v] = Vector{};
  for (int64_t line = 0; line < lines; line++, x += lineStride - kLanes) {
    for (int64_t u = 0; u < kLanes; u++, x++, panel += Vectors * kLanes) {
      Vector weights[Vectors];
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; v++) weights[v] = load(panel + kLanes * v);
#pragma GCC unroll 16
      for (int t = 0; t < kRows; t++) {
        const Vector value = broadcast(x + t * kLanes);
#pragma GCC unroll 2
        for (int v = 0; v < Vectors; v++) sums[t][v] = addProduct(Number(), value, weights[v], sums[t][v]);
      }
    }
  }
#pragma GCC unroll 16
  for (int t = 0; t < kRows; t++)
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; v++) store(y + (t * Vectors + v) * kLanes, sums[t][v]);
}

/// sums[o][c] += Σ_u slopes[o][u · kLanes] · x[c / kLanes][u][c % kLanes] for Rows channels o, each at its own address,
/// and some vectors of channels c; `first`: sums are overwritten.
template <typename Number, int Rows, int Vectors>
CROSSTASK_TARGET inline void correlateLines(const float* const* slopes, const float* x, int64_t lineStride,
                                            int64_t units, float* to, int64_t stride, bool first) {
  const float* rows[Rows];
  Vector sums[Rows][Vectors];
#pragma GCC unroll 8
  for (int o = 0; o < Rows; o++) {
    // Where a vector has whole rows, they lie side by side: one register points to all of them.
    rows[o] = kLanes % Rows == 0 ? slopes[0] + o : slopes[o];
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; v++) sums[o][v] = Vector{};
  }
  for (int64_t u = 0; u < units; u++) {
    Vector values[Vectors];
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; v++) values[v] = load(x + v * lineStride + u * kLanes);
#pragma GCC unroll 8
    for (int o = 0; o < Rows; o++) {
      const Vector slope = broadcast(rows[o] + u * kLanes);
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; v++) sums[o][v] = addProduct(Number(), slope, values[v], sums[o][v]);
    }
  }
#pragma GCC unroll 8
  for (int o = 0; o < Rows; o++)
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; v++) {
      float* const sum = to + o * stride + v * kLanes;
      store(sum, first ? sums[o][v] : load(sum) + sums[o][v]);
    }
}

}  // namespace
}  // namespace crosstask
