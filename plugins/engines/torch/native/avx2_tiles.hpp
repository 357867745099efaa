// The two products that all of the AVX2 convolutions are made of. A tile of the result stays in registers: six rows of
// one or two vectors of eight.
#pragma once

#if defined(__x86_64__)

#include <immintrin.h>

#include <cstdint>

namespace crosstask {

constexpr int64_t kRows = 6;
constexpr int64_t kLanes = 8;
constexpr int64_t kStrip = 2 * kLanes;

// The loops over a tile are unrolled by pragmas, so that its sums stay in registers.

/// y[p][o] += Σ_c x[p][c] · panel[c][o] for kRows pixels and 8 · Vectors channels; `first`: y is overwritten.
template <int Vectors>
__attribute__((target("avx2,fma"))) inline void multiplyTile(const float* const* x, int64_t channels, const float* panel,
                                                       float* y, int64_t stride, int64_t rows, bool first) {
  const float* pixels[kRows];
  __m256 sums[kRows][Vectors];
#pragma GCC unroll 6
  for (int64_t p = 0; p < kRows; p++) {
    pixels[p] = x[p];
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; v++)
      sums[p][v] = first || p >= rows ? _mm256_setzero_ps() : _mm256_loadu_ps(y + p * stride + kLanes * v);
  }
  for (int64_t c = 0; c < channels; c++) {
    __m256 weights[Vectors];
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; v++) weights[v] = _mm256_loadu_ps(panel + kLanes * (c * Vectors + v));
#pragma GCC unroll 6
    for (int64_t p = 0; p < kRows; p++) {
      const __m256 value = _mm256_broadcast_ss(pixels[p] + c);
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; v++) sums[p][v] = _mm256_fmadd_ps(value, weights[v], sums[p][v]);
    }
  }
#pragma GCC unroll 6
  for (int64_t p = 0; p < kRows; p++) {
    if (p == rows) break;
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; v++) _mm256_storeu_ps(y + p * stride + kLanes * v, sums[p][v]);
  }
}

/// dW[o][c] += Σ_p dy[p][o] · x[p][c] for kRows output channels, packed, and 8 · Vectors input channels.
template <int Vectors>
__attribute__((target("avx2,fma"))) inline void correlateTile(const float* const* x, int64_t channel, const float* dy,
                                                        int64_t pixels, float* tile, int64_t stride, int64_t rows) {
  __m256 sums[kRows][Vectors];
#pragma GCC unroll 6
  for (int64_t o = 0; o < kRows; o++)
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; v++) sums[o][v] = _mm256_setzero_ps();
  for (int64_t p = 0; p < pixels; p++) {
    const float* at = x[p] + channel;
    __m256 values[Vectors];
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; v++) values[v] = _mm256_loadu_ps(at + kLanes * v);
#pragma GCC unroll 6
    for (int64_t o = 0; o < kRows; o++) {
      const __m256 slope = _mm256_broadcast_ss(dy + p * kRows + o);
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; v++) sums[o][v] = _mm256_fmadd_ps(slope, values[v], sums[o][v]);
    }
  }
#pragma GCC unroll 6
  for (int64_t o = 0; o < kRows; o++) {
    if (o == rows) break;
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; v++) {
      float* to = tile + o * stride + kLanes * v;
      _mm256_storeu_ps(to, _mm256_add_ps(_mm256_loadu_ps(to), sums[o][v]));
    }
  }
}

}  // namespace crosstask

#endif
