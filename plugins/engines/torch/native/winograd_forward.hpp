// The forward pass by Winograd's filtering, and the gradient of its input, which is one too: some tiles at a time, so
// that what becomes of them stays in the second-level cache until the result is written. Where tiles are few and channels
// many, threads share the output channels out instead, and a part of the filter is transformed when it is needed.
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

/// How many channels ahead the filter is fetched.
constexpr int64_t kAhead = 6;

template <typename Number>
struct WinogradForward {
  const ForwardProblem& asked;
  const TilePixels<Number>& pixels;
  int64_t in = asked.x.channels, out = asked.y.channels, units = in / kPerUnit<Number>;

  /// The transformed filter from some output channel on: [16][strip][unit][kStrip, less in a last strip].
  struct Panels {
    float* data;
    int64_t part, origin;
  };

  /// The filter's transform for some output channels.
  void transformFilters(const Panels& panels, int64_t first, int64_t last) const {
    float copy[9 * kLanes * kLanes];
    for (int64_t channel = first; channel < last; channel += kLanes) {
      for (int64_t c = 0; c < in; c += kLanes) {
        if (asked.filter.out == 1) {
          const float* const from = asked.filter.at(0, 0, c, channel);
          transformBlock(panels, {from, asked.filter.row, asked.filter.column, asked.filter.in, 1}, c, channel);
          continue;
        }
        for (int64_t tap = 0; tap < 9; tap++)
          for (int64_t o = 0; o < kLanes; o++) {
            const float* const from = asked.filter.at(tap / 3, tap % 3, c, channel + o);
            float* const to = copy + tap * kLanes * kLanes + o;
            // A deep layer's weights come from memory, in pieces too far apart for the processor to foresee.
            __builtin_prefetch(from + kLanes * asked.filter.in);
            for (int64_t i = 0; i < kLanes; i++) to[i * kLanes] = from[i * asked.filter.in];
          }
        transformBlock(panels, {copy, 3 * kLanes * kLanes, kLanes * kLanes, kLanes, 1}, c, channel);
      }
    }
  }

  /// That of a vector of output channels and as many input channels.
  CROSSTASK_TARGET void transformBlock(const Panels& panels, const Filter& block, int64_t channel,
                                       int64_t output) const {
    const int64_t strip = output / kStrip * kStrip, width = std::min(kStrip, out - strip);
    float* to = panels.data + (strip - panels.origin) * units + output % kStrip + channel / kPerUnit<Number> * width;
    for (int64_t c = 0; c < kLanes; c += kPerUnit<Number>, to += width) {
      for (int64_t tap = 0; tap < 9; tap++) __builtin_prefetch(block.at(tap / 3, tap % 3, c + kAhead, 0));
      Vector values[kParts];
      transformFilter(block.at(0, 0, c, 0), block.row, block.column, values);
      if constexpr (kPerUnit<Number> == 2) {
        Vector next[kParts];
        transformFilter(block.at(0, 0, c + 1, 0), block.row, block.column, next);
        for (int k = 0; k < kParts; k++) values[k] = paired(Number(), values[k], next[k]);
      }
      for (int k = 0; k < kParts; k++) store(to + k * panels.part, values[k]);
    }
  }

  /// Some tiles, all output channels.
  void run(const Panels& panels, int64_t begin, int64_t end) const {
    const int64_t affordable = kCache / int64_t(sizeof(float)) / (kParts * units);
    const int64_t most = equalParts(end - begin, std::max(kRows, affordable / kRows * kRows), kRows);
    const Lines layout(units / kLanes, most);
    const auto parts = clean(layout), products = room(kParts * productSize(most));
    for (int64_t first = begin; first < end; first += most) {
      const int64_t count = std::min(most, end - first);
      for (int64_t t = 0; t < count; t++) transformTile(first + t, parts.get() + t * kLanes, layout);
      for (int64_t channel = 0; channel < out; channel += kStrip)
        multiply(panels, channel, parts.get(), layout, first, count, products.get());
    }
  }

  /// All tiles, some strips of output channels.
  void runFew(int64_t count, int64_t firstStrip, int64_t lastStrip) const {
    const int64_t most = (count + kRows - 1) / kRows * kRows;
    const Lines layout(units / kLanes, most);
    const auto parts = clean(layout), products = room(kParts * productSize(most));
    const auto memory = room(kParts * units * kStrip);
    for (int64_t t = 0; t < count; t++) transformTile(t, parts.get() + t * kLanes, layout);
    for (int64_t channel = firstStrip * kStrip; channel < std::min(out, lastStrip * kStrip); channel += kStrip) {
      const Panels panels{memory.get(), units * kStrip, channel};
      transformFilters(panels, channel, std::min(out, channel + kStrip));
      multiply(panels, channel, parts.get(), layout, 0, count, products.get());
    }
  }

  /// Room for transformed tiles. Those beyond the last one are multiplied too.
  static std::unique_ptr<float[]> clean(const Lines& layout) {
    auto parts = room(kParts * layout.part);
    std::fill_n(parts.get(), kParts * layout.part, 0.0f);
    return parts;
  }

  /// One strip of the result of some tiles.
  void multiply(const Panels& panels, int64_t channel, const float* parts, const Lines& layout, int64_t first,
                int64_t count, float* products) const {
    const bool whole = channel + kStrip <= out;
    const int64_t lines = units / kLanes, size = productSize(layout.line / kLanes);
    for (int64_t k = 0; k < kParts; k++) {
      const float* const part = parts + k * layout.part;
      const float* const panel = panels.data + k * panels.part + (channel - panels.origin) * units;
      for (int64_t t = 0; t < count; t += kRows) {
        if (whole)
          multiplyLines<Number, kVectors>(part + t * kLanes, layout.line, lines, panel,
                                          products + k * size + t * kStrip);
        else
          multiplyLines<Number, 1>(part + t * kLanes, layout.line, lines, panel, products + k * size + t * kLanes);
      }
    }
    finish(first, count, channel, products, size);
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
  using Forward = WinogradForward<Number>;
  const TilePixels<Number> pixels(asked.x, asked.windows.top, asked.windows.left, {asked.y.rows, asked.y.columns});
  const Forward problem{asked, pixels};
  const int64_t out = problem.out, strips = (out + kStrip - 1) / kStrip;
  const int64_t tiles = asked.y.batch * pixels.tiles.perImage();
  if (tiles <= kFewTiles) {
    at::parallel_for(0, strips, 1, [&](int64_t first, int64_t last) { problem.runFew(tiles, first, last); });
    return;
  }
  const auto memory = room(kParts * problem.units * out);
  const typename Forward::Panels panels{memory.get(), problem.units * out, 0};
  at::parallel_for(0, strips, 1, [&](int64_t first, int64_t last) {
    problem.transformFilters(panels, first * kStrip, std::min(out, last * kStrip));
  });
  at::parallel_for(0, tiles, kRows, [&](int64_t first, int64_t last) { problem.run(panels, first, last); });
}

}  // namespace
}  // namespace crosstask
