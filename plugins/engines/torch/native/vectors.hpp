// Vectors of float32 as the convolutions use them, of the length that the including file has chosen by CROSSTASK_LANES.
// Every function that computes with them is marked CROSSTASK_TARGET: the rest of the file is compiled for any processor.
#pragma once

#include <immintrin.h>

#include <cstdint>

#if CROSSTASK_LANES == 16
// bfloat16's instructions are used by the functions for bfloat16 alone, which only a processor that has them is given.
#define CROSSTASK_TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")))
#else
#define CROSSTASK_TARGET __attribute__((target("avx2,fma")))
#endif
#define CROSSTASK_INLINE CROSSTASK_TARGET __attribute__((always_inline)) inline

namespace crosstask {
namespace {

constexpr int64_t kLanes = CROSSTASK_LANES;

/// GCC and clang give it arithmetic.
typedef float Vector __attribute__((vector_size(4 * kLanes)));
typedef float Unaligned __attribute__((vector_size(4 * kLanes), aligned(4), may_alias));

CROSSTASK_INLINE Vector load(const float* from) { return *reinterpret_cast<const Unaligned*>(from); }
CROSSTASK_INLINE void store(float* to, Vector value) { *reinterpret_cast<Unaligned*>(to) = value; }

/// A number in memory that is the upper half of a float32.
struct Bfloat16 {
  uint16_t bits;
};

// A product adds up over units of 32 bits: one float32, or two neighbours in bfloat16. What they have in common: matrices
// of units, of which one is read by vectors and the other unit by unit.

/// How many numbers a unit has.
template <typename Number>
constexpr int64_t kPerUnit = 4 / sizeof(Number);

#if CROSSTASK_LANES == 16

/// Registers for a tile of sums: rows, and vectors in each.
constexpr int64_t kRows = 14, kVectors = 2;
constexpr int64_t kPixelRows = 8, kSlopeRows = 8;
/// What one core may keep in its second-level cache.
constexpr int64_t kCache = 448 << 10;

CROSSTASK_INLINE Vector broadcast(const float* from) { return (Vector)_mm512_set1_ps(*from); }
CROSSTASK_INLINE Vector addProduct(float, Vector a, Vector b, Vector sum) {
  return (Vector)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)sum);
}
CROSSTASK_INLINE Vector addProduct(Bfloat16, Vector a, Vector b, Vector sum) {
  return (Vector)_mm512_dpbf16_ps((__m512)sum, (__m512bh)(__m512i)a, (__m512bh)(__m512i)b);
}
CROSSTASK_INLINE Vector load(const Bfloat16* from) {
  const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  return (Vector)_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16);
}
CROSSTASK_INLINE void store(Bfloat16* to, Vector value) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), (__m256i)_mm512_cvtneps_pbh((__m512)value));
}
/// A vector of units from the numbers of a, then those of b.
CROSSTASK_INLINE Vector joined(Bfloat16, Vector a, Vector b) {
  return (Vector)(__m512i)_mm512_cvtne2ps_pbh((__m512)b, (__m512)a);
}
/// A vector of units, each of a number of a and that of b in the same lane.
CROSSTASK_INLINE Vector paired(Bfloat16, Vector a, Vector b) {
  const __m512i low = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)a));
  const __m512i high = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)b));
  return (Vector)_mm512_or_si512(low, _mm512_slli_epi32(high, 16));
}

#else

constexpr int64_t kRows = 6, kVectors = 2;
constexpr int64_t kPixelRows = 6, kSlopeRows = 6;
constexpr int64_t kCache = 320 << 10;

CROSSTASK_INLINE Vector broadcast(const float* from) { return (Vector)_mm256_broadcast_ss(from); }
CROSSTASK_INLINE Vector addProduct(float, Vector a, Vector b, Vector sum) {
  return (Vector)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)sum);
}

#endif

/// The channels whose sums stay in registers together.
constexpr int64_t kStrip = kVectors * kLanes;

}  // namespace
}  // namespace crosstask
