// The gradient of the filter by Winograd's filtering. Each of the four rows of the sixteen products needs but the same row
// of both transforms: threads share the rows out, and beyond four of them the tiles. Where tiles are few and channels many,
// they share the output channels out instead, and each sum is transformed back while it is in the cache.
#pragma once

#include <ATen/Parallel.h>

#include <numeric>

#include "tiles.hpp"
#include "winograd_transforms.hpp"

namespace crosstask {
namespace {

/// Fewer tiles at once would read the sums too often.
constexpr int64_t kFewestTiles = 48;

template <typename Number>
struct WinogradFilter {
  const FilterProblem& asked;
  const TilePixels<Number>&x, &dy;
  int64_t in = asked.x.channels, out = asked.dy.channels, tiles = asked.dy.batch * x.tiles.perImage();

  /// Sums by part for some output channels, as whole tiles of kSlopeRows: [slice][16][output channel][in].
  struct Sums {
    float* data;
    int64_t part, slices;
  };

  static int64_t padded(int64_t channels) { return (channels + kSlopeRows - 1) / kSlopeRows * kSlopeRows; }
  static int64_t unitsOf(int64_t tiles) { return (tiles + kPerUnit<Number> - 1) / kPerUnit<Number>; }

  /// Some rows of four parts over one slice of the tiles.
  void run(const Sums& sums, int64_t slice, int64_t firstRow, int64_t lastRow) const {
    const int64_t begin = tiles * slice / sums.slices, end = tiles * (slice + 1) / sums.slices;
    const auto affordable = [&](int64_t rows) {
      return kCache / int64_t(sizeof(float)) / (4 * rows * (in + out)) * kPerUnit<Number>;
    };
    // Several rows at once read the images once.
    const int64_t rows = affordable(lastRow - firstRow) >= kFewestTiles ? lastRow - firstRow : 1;
    const int64_t most = equalParts(end - begin, std::max(kFewestTiles, affordable(rows)), kPerUnit<Number>);
    const Lines ofX(in / kLanes, unitsOf(most)), ofDy(out / kLanes, unitsOf(most));
    const auto parts = room(4 * rows * ofX.part), slopes = room(4 * rows * ofDy.part);
    for (int64_t row = firstRow; row < lastRow; row += rows)
      for (int64_t first = begin; first < end; first += most) {
        const int64_t last = std::min(end, first + most), number = std::min(rows, lastRow - row);
        transform<4>(x, first, last, row, number, parts.get(), ofX);
        transform<2>(dy, first, last, row, number, slopes.get(), ofDy);
        for (int64_t k = 0; k < 4 * number; k++)
          correlate(parts.get() + k * ofX.part, ofX.line, slopes.get() + k * ofDy.part, ofDy.line,
                    unitsOf(last - first), 0, out,
                    sums.data + (slice * kParts + 4 * row + k) * sums.part, first == begin);
      }
  }

  /// All of it for some tiles of kSlopeRows output channels.
  void runFew(int64_t firstTile, int64_t lastTile) const {
    const int64_t units = unitsOf(tiles);
    const Lines ofX(in / kLanes, units), ofDy(out / kLanes, units);
    const auto parts = room(kParts * ofX.part), slopes = room(kParts * ofDy.part);
    const auto memory = room(kParts * kSlopeRows * in);
    const Sums sums{memory.get(), kSlopeRows * in, 1};
    transform<4>(x, 0, tiles, 0, 4, parts.get(), ofX);
    transform<2>(dy, 0, tiles, 0, 4, slopes.get(), ofDy);
    for (int64_t o = firstTile * kSlopeRows; o < std::min(out, lastTile * kSlopeRows); o += kSlopeRows) {
      const int64_t last = std::min(out, o + kSlopeRows);
      for (int64_t k = 0; k < kParts; k++)
        correlate(parts.get() + k * ofX.part, ofX.line, slopes.get() + k * ofDy.part, ofDy.line, units, o, last,
                  sums.data + k * sums.part, true);
      finish(sums, o, o, last);
    }
  }

  /// Rows of the transforms of some tiles; a unit takes as many tiles as it has numbers.
  template <int Size>
  CROSSTASK_TARGET void transform(const TilePixels<Number>& pixels, int64_t first, int64_t last, int64_t row,
                                  int64_t rows, float* to, const Lines& layout) const {
    const Number *d[Size][Size], *next[Size][Size];
    for (int64_t tile = first; tile < last; tile += kPerUnit<Number>, to += kLanes) {
      pixels.find(tile, d);
      // Beyond the last one, the same again would be counted: the tile after all images is zero.
      if (kPerUnit<Number> == 2) pixels.find(tile + 1 < last ? tile + 1 : tiles, next);
      for (int64_t r = 0; r < rows; r++) {
        float* const parts = to + 4 * r * layout.part;
        if (row + r == 0) transformRow<0, Size>(pixels, d, next, parts, layout);
        if (row + r == 1) transformRow<1, Size>(pixels, d, next, parts, layout);
        if (row + r == 2) transformRow<2, Size>(pixels, d, next, parts, layout);
        if (row + r == 3) transformRow<3, Size>(pixels, d, next, parts, layout);
      }
    }
  }

  template <int Row, int Size>
  CROSSTASK_INLINE static void transformRow(const TilePixels<Number>& pixels, const Number* const (*d)[Size],
                                            const Number* const (*next)[Size], float* to, const Lines& layout) {
    for (int64_t c = 0; c < pixels.image.channels; c += kLanes, to += layout.line) {
      Vector values[4];
      tileRow<Row>(d, c, values);
      if constexpr (kPerUnit<Number> == 2) {
        Vector others[4];
        tileRow<Row>(next, c, others);
#pragma GCC unroll 4
        for (int j = 0; j < 4; j++) values[j] = paired(Number(), values[j], others[j]);
      }
#pragma GCC unroll 4
      for (int j = 0; j < 4; j++) store(to + j * layout.part, values[j]);
    }
  }

  void correlate(const float* parts, int64_t line, const float* slopes, int64_t slopeLine, int64_t units,
                 int64_t firstOutput, int64_t lastOutput, float* to, bool first) const {
    for (int64_t channel = 0; channel < in; channel += kStrip) {
      const float* const strip = parts + channel / kLanes * line;
      for (int64_t o = firstOutput; o < lastOutput; o += kSlopeRows) {
        const float* rows[kSlopeRows];
        for (int64_t r = 0; r < kSlopeRows; r++) {
          const int64_t row = std::min(o + r, out - 1);
          rows[r] = slopes + row / kLanes * slopeLine + row % kLanes;
        }
        float* const sum = to + (o - firstOutput) * in + channel;
        if (channel + kStrip <= in)
          correlateLines<Number, kSlopeRows, kVectors>(rows, strip, line, units, sum, in, first);
        else
          correlateLines<Number, kSlopeRows, 1>(rows, strip, line, units, sum, in, first);
      }
    }
  }

  /// The sum of a part's values over the slices.
  CROSSTASK_INLINE static Vector total(const Sums& sums, int64_t k, int64_t at) {
    Vector sum = load(sums.data + k * sums.part + at);
    for (int64_t slice = 1; slice < sums.slices; slice++)
      sum += load(sums.data + (slice * kParts + k) * sums.part + at);
    return sum;
  }

  /// Gᵀ s G of some output channels: result[o][i][j][c]. The sums begin with channel `origin`.
  CROSSTASK_TARGET void finish(const Sums& sums, int64_t origin, int64_t first, int64_t last) const {
    const Vector halved = Vector{} + 0.5f;
    for (int64_t o = first; o < last; o++)
      for (int64_t c = 0; c < in; c += kLanes) {
        const int64_t at = (o - origin) * in + c;
        Vector half[3][4];
        for (int j = 0; j < 4; j++) {
          const Vector s0 = total(sums, j, at), s1 = total(sums, 4 + j, at), s2 = total(sums, 8 + j, at),
                       s3 = total(sums, 12 + j, at);
          half[0][j] = s0 + halved * (s1 + s2);
          half[1][j] = halved * (s1 - s2);
          half[2][j] = halved * (s1 + s2) + s3;
        }
        for (int i = 0; i < 3; i++) {
          const Vector* h = half[i];
          float* to = asked.result + (o * 9 + i * 3) * in + c;
          store(to, h[0] + halved * (h[1] + h[2]));
          store(to + in, halved * (h[1] - h[2]));
          store(to + 2 * in, halved * (h[1] + h[2]) + h[3]);
        }
      }
  }
};

template <typename Number>
void winogradFilterGradient(const FilterProblem& asked) {
  using Gradient = WinogradFilter<Number>;
  const Tiles tiles{asked.dy.rows, asked.dy.columns};
  const TilePixels<Number> x(asked.x, asked.windows.top, asked.windows.left, tiles), dy(asked.dy, 0, 0, tiles);
  const Gradient problem{asked, x, dy};
  const int64_t rows = Gradient::padded(problem.out);
  if (problem.tiles <= kFewTiles) {
    at::parallel_for(0, rows / kSlopeRows, 1, [&](int64_t first, int64_t last) { problem.runFew(first, last); });
    return;
  }
  const int64_t threads = at::get_num_threads(), slices = threads / std::gcd(threads, int64_t(4));
  const auto memory = room(slices * kParts * rows * problem.in);
  const typename Gradient::Sums sums{memory.get(), rows * problem.in, slices};
  at::parallel_for(0, 4 * slices, 1, [&](int64_t first, int64_t last) {
    for (int64_t item = first; item < last;) {
      const int64_t row = item % 4, count = std::min(4 - row, last - item);
      problem.run(sums, item / 4, row, row + count);
      item += count;
    }
  });
  at::parallel_for(0, problem.out, 1, [&](int64_t first, int64_t last) { problem.finish(sums, 0, first, last); });
}

}  // namespace
}  // namespace crosstask
