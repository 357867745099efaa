// The forward pass by Winograd's filtering, and the gradient of its input, which is one too: some tiles at a time, so
// that what becomes of them stays in the second-level cache until the result is written.
#pragma once

#include <ATen/Parallel.h>

#include "tiles.hpp"
#include "winograd_transforms.hpp"

namespace crosstask {
namespace {

/// G g Gᵀ of a vector of output channels: to[4 i + j].
CROSSTASK_INLINE void transformFilter(const float* g, int64_t row, int64_t column, Vector* to) {
  const Vector halved = Vector{} + 0.5f;
  Vector half[4][3];
#pragma GCC unroll 3
  for (int j = 0; j < 3; j++) {
    const Vector g0 = load(g + j * column), g1 = load(g + row + j * column), g2 = load(g + 2 * row + j * column);
    half[0][j] = g0;
    half[1][j] = halved * (g0 + g1 + g2);
    half[2][j] = halved * (g0 - g1 + g2);
    half[3][j] = g2;
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {
    const Vector* h = half[i];
    to[4 * i + 0] = h[0];
    to[4 * i + 1] = halved * (h[0] + h[1] + h[2]);
    to[4 * i + 2] = halved * (h[0] - h[1] + h[2]);
    to[4 * i + 3] = h[2];
  }
}

template <typename Number>
struct WinogradForward {
  const ForwardProblem& asked;
  const TilePixels<Number>& pixels;
  float* panels;  // [16][strip][unit][kStrip, less in a last strip]
  int64_t in = asked.x.channels, out = asked.y.channels, units = in / kPerUnit<Number>;

  int64_t panelSize() const { return units * out; }

  /// The filter's transform for some strips of output channels.
  void transformFilters(int64_t firstStrip, int64_t lastStrip) const {
    float copy[9 * kLanes * kLanes];
    for (int64_t channel = firstStrip * kStrip; channel < std::min(out, lastStrip * kStrip); channel += kLanes) {
      for (int64_t c = 0; c < in; c += kLanes) {
        if (asked.filter.out == 1) {
          transformBlock({asked.filter.at(0, 0, c, channel), asked.filter.row, asked.filter.column, asked.filter.in, 1},
                         c, channel);
          continue;
        }
        for (int64_t tap = 0; tap < 9; tap++)
          for (int64_t o = 0; o < kLanes; o++) {
            const float* const from = asked.filter.at(tap / 3, tap % 3, c, channel + o);
            float* const to = copy + tap * kLanes * kLanes + o;
            for (int64_t i = 0; i < kLanes; i++) to[i * kLanes] = from[i * asked.filter.in];
          }
        transformBlock({copy, 3 * kLanes * kLanes, kLanes * kLanes, kLanes, 1}, c, channel);
      }
    }
  }

  /// That of a vector of output channels and as many input channels.
  CROSSTASK_TARGET void transformBlock(const Filter& block, int64_t channel, int64_t output) const {
    const int64_t strip = output / kStrip, width = std::min(kStrip, out - strip * kStrip);
    float* to = panels + strip * kStrip * units + output % kStrip + channel / kPerUnit<Number> * width;
    for (int64_t c = 0; c < kLanes; c += kPerUnit<Number>, to += width) {
      Vector values[kParts];
      transformFilter(block.at(0, 0, c, 0), block.row, block.column, values);
      if constexpr (kPerUnit<Number> == 2) {
        Vector next[kParts];
        transformFilter(block.at(0, 0, c + 1, 0), block.row, block.column, next);
        for (int k = 0; k < kParts; k++) values[k] = paired(Number(), values[k], next[k]);
      }
      for (int k = 0; k < kParts; k++) store(to + k * panelSize(), values[k]);
    }
  }

  void run(int64_t begin, int64_t end) const {
    const int64_t lines = units / kLanes, affordable = kCache / int64_t(sizeof(float)) / (kParts * units);
    const int64_t most = equalParts(end - begin, std::max<int64_t>(kRows, affordable / kRows * kRows), kRows);
    const Lines layout(lines, most);
    const auto parts = room(kParts * layout.part), products = room(kParts * productSize(most));
    std::fill_n(parts.get(), kParts * layout.part, 0.0f);
    for (int64_t first = begin; first < end; first += most) {
      const int64_t count = std::min(most, end - first);
      for (int64_t t = 0; t < count; t++) transformTile(first + t, parts.get() + t * kLanes, layout);
      for (int64_t channel = 0; channel < out; channel += kStrip) {
        const bool whole = channel + kStrip <= out;
        for (int64_t k = 0; k < kParts; k++) {
          const float* const part = parts.get() + k * layout.part;
          const float* const panel = panels + k * panelSize() + channel * units;
          float* const to = products.get() + k * productSize(most);
          for (int64_t t = 0; t < count; t += kRows) {
            if (whole)
              multiplyLines<Number, kVectors>(part + t * kLanes, layout.line, lines, panel, to + t * kStrip);
            else
              multiplyLines<Number, 1>(part + t * kLanes, layout.line, lines, panel, to + t * kLanes);
          }
        }
        finish(first, count, channel, products.get(), productSize(most));
      }
    }
  }

  /// As with Lines: not at distances of powers of two.
  static int64_t productSize(int64_t tiles) { return tiles * kStrip + kLanes; }

  /// Bᵀ d B of one tile.
  CROSSTASK_TARGET void transformTile(int64_t tile, float* to, const Lines& layout) const {
    const Number* d[4][4];
    pixels.find(tile, d);
    for (int64_t c = 0; c < in; c += kLanes * kPerUnit<Number>, to += layout.line) {
      transformRow<0>(d, c, to, layout.part);
      transformRow<1>(d, c, to + 4 * layout.part, layout.part);
      transformRow<2>(d, c, to + 8 * layout.part, layout.part);
      transformRow<3>(d, c, to + 12 * layout.part, layout.part);
    }
  }

  template <int Row>
  CROSSTASK_INLINE static void transformRow(const Number* const (*d)[4], int64_t c, float* to, int64_t part) {
    Vector values[4];
    imageRow<Row>(d, c, values);
    if constexpr (kPerUnit<Number> == 2) {
      Vector next[4];
      imageRow<Row>(d, c + kLanes, next);
#pragma GCC unroll 4
      for (int j = 0; j < 4; j++) values[j] = joined(Number(), values[j], next[j]);
    }
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) store(to + j * part, values[j]);
  }

  /// Aᵀ m A, bias and ReLU.
  CROSSTASK_TARGET void finish(int64_t first, int64_t count, int64_t channel, const float* products,
                               int64_t part) const {
    const int64_t width = std::min(kStrip, out - channel), columns = pixels.tiles.columns;
    Number* const y = static_cast<Number*>(asked.y.data);
    for (int64_t t = 0; t < count; t++) {
      const Corner corner(pixels.tiles, first + t);
      const bool below = corner.row + 1 < pixels.tiles.rows, beside = corner.column + 1 < columns;
      for (int64_t o = 0; o < width; o += kLanes) {
        Vector values[2][2];
        fold(products + t * width + o, part, values);
        const Vector offset = asked.bias ? load(asked.bias + channel + o) : Vector{};
        Number* const to =
            y + ((corner.image * pixels.tiles.rows + corner.row) * columns + corner.column) * out + channel + o;
        for (int i = 0; i < 2; i++)
          for (int j = 0; j < 2; j++) {
            if ((i == 1 && !below) || (j == 1 && !beside)) continue;
            Vector value = values[i][j] + offset;
            if (asked.relu) value = value < 0 ? Vector{} : value;
            store(to + (i * columns + j) * out, value);
          }
      }
    }
  }

  CROSSTASK_INLINE static void fold(const float* m, int64_t part, Vector (*to)[2]) {
    Vector half[2][4];
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
      const Vector m0 = load(m + j * part), m1 = load(m + (4 + j) * part), m2 = load(m + (8 + j) * part),
                   m3 = load(m + (12 + j) * part);
      half[0][j] = m0 + m1 + m2;
      half[1][j] = m1 - m2 - m3;
    }
#pragma GCC unroll 2
    for (int i = 0; i < 2; i++) {
      to[i][0] = half[i][0] + half[i][1] + half[i][2];
      to[i][1] = half[i][1] - half[i][2] - half[i][3];
    }
  }
};

template <typename Number>
void winogradConvolution(const ForwardProblem& asked) {
  const TilePixels<Number> pixels(asked.x, asked.windows.top, asked.windows.left, {asked.y.rows, asked.y.columns});
  const auto panels = room(kParts * asked.x.channels * asked.y.channels / kPerUnit<Number>);
  const WinogradForward<Number> problem{asked, pixels, panels.get()};
  const int64_t strips = (asked.y.channels + kStrip - 1) / kStrip;
  at::parallel_for(0, strips, 1, [&](int64_t first, int64_t last) { problem.transformFilters(first, last); });
  at::parallel_for(0, asked.y.batch * pixels.tiles.perImage(), kRows,
                   [&](int64_t first, int64_t last) { problem.run(first, last); });
}

}  // namespace
}  // namespace crosstask
