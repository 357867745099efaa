// Each tap of the filter is a product of two matrices that lie in memory as they are needed: the image's pixels are read
// through a list of pointers, those outside of it from a row of zeros, so that nothing is copied but small panels of the
// other matrix. Tiles of the result stay in registers.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <type_traits>
#include <vector>

#include "convolution_kernels.hpp"
#include "tiles.hpp"

namespace crosstask {
namespace {

/// How many of `count` pixels are taken at once, in equal parts: few enough to stay in the second-level cache while all
/// tiles pass over them, and as many as that allows, since the other matrix is read once for each part.
int64_t pixelsAtOnce(int64_t channels, int64_t count) {
  const int64_t most = std::clamp<int64_t>((256 << 10) / (4 * channels), 60, 960);
  const int64_t parts = (count + most - 1) / most;
  return ((count + parts - 1) / parts + kPixelRows - 1) / kPixelRows * kPixelRows;
}

/// Finds the pixels that a tap of the filter meets.
struct Pixels {
  const float* x;
  int64_t rows, columns, channels;  // of x
  int64_t outRows, outColumns;
  Windows2d windows;
  std::vector<float> zeros;

  Pixels(const Image& image, const Image& result, const Windows2d& windows)
      : x(static_cast<const float*>(image.data)),
        rows(image.rows),
        columns(image.columns),
        channels(image.channels),
        outRows(result.rows),
        outColumns(result.columns),
        windows(windows),
        zeros(image.channels) {}

  int64_t taps() const { return windows.height * windows.width; }

  /// Where each of the result's pixels from `first` finds its x.
  void find(int64_t first, int64_t count, int64_t tap, const float** to) const {
    const int64_t i = tap / windows.width, j = tap % windows.width;
    int64_t column = first % outColumns, row = first / outColumns % outRows, image = first / outColumns / outRows;
    for (int64_t p = 0; p < count; p++) {
      const int64_t y = row * windows.rowStride + i * windows.rowDilation - windows.top;
      const int64_t z = column * windows.columnStride + j * windows.columnDilation - windows.left;
      const bool inside = y >= 0 && y < rows && z >= 0 && z < columns;
      to[p] = inside ? x + ((image * rows + y) * columns + z) * channels : zeros.data();
      if (++column < outColumns) continue;
      column = 0;
      if (++row < outRows) continue;
      row = 0;
      image++;
    }
  }
};

/// The forward pass over some of the result's pixels. Sums of several taps, a bias or ReLU want float32.
template <typename Number>
struct Convolution {
  const Pixels& pixels;
  const Filter& filter;
  const float* bias;
  bool relu;
  Number* y;
  int64_t channels;  // of y

  int64_t out() const { return channels; }

  /// The weights of one tap for some strips, [strip][in][kStrip]. Read along the axis that is contiguous in memory: the
  /// weights of a deep layer come from there each time.
  void pack(int64_t tap, int64_t firstStrip, int64_t lastStrip, float* to) const {
    const int64_t inStride = filter.in, outStride = filter.out, in = pixels.channels;
    const float* from = filter.at(tap / pixels.windows.width, tap % pixels.windows.width, 0, 0);
    const int64_t firstChannel = firstStrip * kStrip, lastChannel = std::min(out(), lastStrip * kStrip);
    const auto place = [&](int64_t c, int64_t o) {
      const int64_t strip = o / kStrip, width = std::min(kStrip, out() - strip * kStrip);
      return (strip - firstStrip) * in * kStrip + c * width + o % kStrip;
    };
    if (outStride == 1) {
      for (int64_t c = 0; c < in; c++)
        for (int64_t o = firstChannel; o < lastChannel; o += kLanes)
          std::copy_n(from + c * inStride + o, kLanes, to + place(c, o));
    } else {
      for (int64_t o = firstChannel; o < lastChannel; o++) {
        float* const column = to + place(0, o);
        const int64_t width = place(1, o) - place(0, o);
        for (int64_t c = 0; c < in; c++) column[c * width] = from[o * outStride + c * inStride];
      }
    }
  }

  /// Bias and ReLU, while the pixels are in the cache.
  void finish(int64_t first, int64_t count, int64_t firstChannel, int64_t lastChannel) const {
    if (!bias && !relu) return;
    for (int64_t p = first; p < first + count; p++) {
      Number* values = y + p * out();
      for (int64_t o = firstChannel; o < lastChannel; o++) {
        const float value = values[o] + (bias ? bias[o] : 0);
        values[o] = relu && value < 0 ? 0 : value;
      }
    }
  }

  /// Some pixels of some strips.
  void run(int64_t begin, int64_t end, int64_t firstStrip, int64_t lastStrip) const {
    const int64_t in = pixels.channels, most = pixelsAtOnce(in, end - begin);
    // A tile reads kPixelRows pointers, beyond the last pixel too.
    std::vector<const float*> found(most, pixels.zeros.data());
    std::vector<float> panels((lastStrip - firstStrip) * in * kStrip);
    for (int64_t first = begin; first < end; first += most) {
      const int64_t count = std::min(most, end - first);
      for (int64_t tap = 0; tap < pixels.taps(); tap++) {
        pixels.find(first, count, tap, found.data());
        pack(tap, firstStrip, lastStrip, panels.data());
        for (int64_t strip = firstStrip; strip < lastStrip; strip++)
          multiply(found.data(), panels.data() + (strip - firstStrip) * in * kStrip, first, count, strip * kStrip,
                   tap == 0);
      }
      if constexpr (std::is_same_v<Number, float>)
        finish(first, count, firstStrip * kStrip, std::min(out(), lastStrip * kStrip));
    }
  }

  void multiply(const float* const* found, const float* panel, int64_t first, int64_t count, int64_t channel,
                bool overwrite) const {
    for (int64_t p = 0; p < count; p += kPixelRows) {
      Number* to = y + (first + p) * out() + channel;
      const int64_t rows = std::min(kPixelRows, count - p);
      if (channel + kStrip <= out())
        multiplyPixels<2>(found + p, pixels.channels, panel, to, out(), rows, overwrite);
      else
        multiplyPixels<1>(found + p, pixels.channels, panel, to, out(), rows, overwrite);
    }
  }
};

/// The filter's gradient: some tiles of kPixelRows output channels, from some of dy's pixels.
struct FilterGradient {
  const Pixels& pixels;
  const float* dy;
  int64_t firstPixel, lastPixel, out;  // of dy
  float* result;

  /// dy of one tile's channels, pixel by pixel, zeros where there are fewer than kPixelRows.
  void pack(int64_t first, int64_t number, int64_t tile, float* to) const {
    const int64_t channel = tile * kPixelRows, width = std::min(kPixelRows, out - channel);
    for (int64_t p = 0; p < number; p++)
      for (int64_t o = 0; o < kPixelRows; o++)
        to[p * kPixelRows + o] = o < width ? dy[(first + p) * out + channel + o] : 0;
  }

  void run(int64_t begin, int64_t end) const {
    const int64_t most = pixelsAtOnce(pixels.channels, lastPixel - firstPixel);
    std::vector<float> packed((end - begin) * most * kPixelRows);
    std::vector<const float*> found(most);
    for (int64_t first = firstPixel; first < lastPixel; first += most) {
      const int64_t number = std::min(most, lastPixel - first);
      for (int64_t tile = begin; tile < end; tile++)
        pack(first, number, tile, packed.data() + (tile - begin) * most * kPixelRows);
      for (int64_t tap = 0; tap < pixels.taps(); tap++) {
        pixels.find(first, number, tap, found.data());
        for (int64_t tile = begin; tile < end; tile++)
          row(found.data(), packed.data() + (tile - begin) * most * kPixelRows, number, tile, tap);
      }
    }
  }

  void row(const float* const* found, const float* slopes, int64_t number, int64_t tile, int64_t tap) const {
    const int64_t in = pixels.channels, stride = pixels.taps() * in;
    const int64_t rows = std::min(kPixelRows, out - tile * kPixelRows);
    float* to = result + tile * kPixelRows * stride + tap * in;
    int64_t channel = 0;
    for (; channel + 2 * kLanes <= in; channel += 2 * kLanes)
      correlatePixels<2>(found, channel, slopes, number, to + channel, stride, rows);
    if (channel < in) correlatePixels<1>(found, channel, slopes, number, to + channel, stride, rows);
  }
};

template <typename Number>
void directConvolution(const ForwardProblem& asked) {
  const Pixels pixels(asked.x, asked.y, asked.windows);
  const int64_t count = asked.y.pixels(), out = asked.y.channels;
  Number* const y = static_cast<Number*>(asked.y.data);
  const Convolution<Number> problem{pixels, asked.filter, asked.bias, asked.relu, y, out};
  const int64_t strips = (out + kStrip - 1) / kStrip, threads = at::get_num_threads();
  // Each thread packs the weights of its strips for its pixels: of few pixels all threads take all.
  if (strips >= threads && count < 512 * threads)
    at::parallel_for(0, strips, 1, [&](int64_t first, int64_t last) { problem.run(0, count, first, last); });
  else
    at::parallel_for(0, count, kPixelRows * 4,
                     [&](int64_t first, int64_t last) { problem.run(first, last, 0, strips); });
}

void directFilterGradient(const FilterProblem& asked) {
  const Pixels pixels(asked.x, asked.dy, asked.windows);
  const int64_t out = asked.dy.channels, count = asked.dy.pixels(), size = out * pixels.taps() * asked.x.channels;
  const int64_t tiles = (out + kPixelRows - 1) / kPixelRows, threads = at::get_num_threads();
  // Where there are fewer tiles than threads, the pixels are shared out, too, and the parts' sums added up in order.
  const int64_t parts = std::clamp<int64_t>((threads + tiles - 1) / tiles, 1, std::max<int64_t>(count / 512, 1));
  std::vector<float> sums((parts - 1) * size);
  std::fill_n(asked.result, size, 0.0f);
  at::parallel_for(0, parts * tiles, 1, [&](int64_t begin, int64_t end) {
    for (int64_t part = begin / tiles; part * tiles < end; part++) {
      const FilterGradient problem{pixels,
                                   static_cast<const float*>(asked.dy.data),
                                   part * count / parts,
                                   (part + 1) * count / parts,
                                   out,
                                   part == 0 ? asked.result : sums.data() + (part - 1) * size};
      problem.run(std::max(begin - part * tiles, int64_t{0}), std::min(end - part * tiles, tiles));
    }
  });
  for (int64_t at = 0; at < int64_t(sums.size()); at++) asked.result[at % size] += sums[at];
}

}  // namespace
}  // namespace crosstask
