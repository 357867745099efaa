// With channels innermost, oneDNN's AVX2 kernels reach 50 (filter's gradient) to 110 GFLOP/s on two cores that could do
// 200. Here each tap of the filter is a product of two matrices that lie in memory as they are needed: the image's
// pixels are read through a list of pointers, those outside of it from a row of zeros, so that nothing is copied but
// small panels of the other matrix. Tiles of the result stay in registers: six rows of two vectors.
#include "avx2_convolution.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

#include "avx2_tiles.hpp"

namespace crosstask {

#if defined(__x86_64__)
namespace {

/// How many of `count` pixels are taken at once, in equal parts: few enough to stay in the second-level cache while all
/// tiles pass over them, and as many as that allows, since the other matrix is read once for each part.
int64_t pixelsAtOnce(int64_t channels, int64_t count) {
  const int64_t most = std::clamp<int64_t>((256 << 10) / (4 * channels), 60, 960);
  const int64_t parts = (count + most - 1) / most;
  return ((count + parts - 1) / parts + kRows - 1) / kRows * kRows;
}

/// Finds the pixels that a tap of the filter meets.
struct Pixels {
  const float* x;
  int64_t rows, columns, channels;  // of x
  int64_t outRows, outColumns;
  Windows2d windows;
  std::vector<float> zeros;

  Pixels(const at::Tensor& image, int64_t outRows, int64_t outColumns, const Windows2d& windows)
      : x(image.data_ptr<float>()),
        rows(image.size(1)),
        columns(image.size(2)),
        channels(image.size(3)),
        outRows(outRows),
        outColumns(outColumns),
        windows(windows),
        zeros(image.size(3)) {}

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

/// The forward pass over some of the result's pixels.
struct Convolution {
  const Pixels& pixels;
  at::Tensor filter;  // [taps, in, out] in any strides
  const float* bias;
  bool relu;
  float* y;

  int64_t out() const { return filter.size(2); }

  /// The weights of one tap for some strips, [strip][in][kStrip]. Read along the axis that is contiguous in memory: the
  /// weights of a deep layer come from there each time.
  void pack(int64_t tap, int64_t firstStrip, int64_t lastStrip, float* to) const {
    const int64_t inStride = filter.stride(1), outStride = filter.stride(2), in = pixels.channels;
    const float* from = filter.data_ptr<float>() + tap * filter.stride(0);
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
      float* values = y + p * out();
      for (int64_t o = firstChannel; o < lastChannel; o++) {
        const float value = values[o] + (bias ? bias[o] : 0);
        values[o] = relu && value < 0 ? 0 : value;
      }
    }
  }

  /// Some pixels of some strips.
  void run(int64_t begin, int64_t end, int64_t firstStrip, int64_t lastStrip) const {
    const int64_t in = pixels.channels, most = pixelsAtOnce(in, end - begin);
    // A tile reads kRows pointers, beyond the last pixel too.
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
      finish(first, count, firstStrip * kStrip, std::min(out(), lastStrip * kStrip));
    }
  }

  void multiply(const float* const* found, const float* panel, int64_t first, int64_t count, int64_t channel,
                bool overwrite) const {
    for (int64_t p = 0; p < count; p += kRows) {
      float* to = y + (first + p) * out() + channel;
      const int64_t rows = std::min(kRows, count - p);
      if (channel + kStrip <= out())
        multiplyTile<2>(found + p, pixels.channels, panel, to, out(), rows, overwrite);
      else
        multiplyTile<1>(found + p, pixels.channels, panel, to, out(), rows, overwrite);
    }
  }
};

/// The filter's gradient: some tiles of kRows output channels.
struct FilterGradient {
  const Pixels& pixels;
  const float* dy;
  int64_t count, out;  // pixels and channels of dy
  float* result;

  /// dy of one tile's channels, pixel by pixel, zeros where there are fewer than kRows.
  void pack(int64_t first, int64_t number, int64_t tile, float* to) const {
    const int64_t channel = tile * kRows, width = std::min(kRows, out - channel);
    for (int64_t p = 0; p < number; p++)
      for (int64_t o = 0; o < kRows; o++) to[p * kRows + o] = o < width ? dy[(first + p) * out + channel + o] : 0;
  }

  void run(int64_t begin, int64_t end) const {
    const int64_t most = pixelsAtOnce(pixels.channels, count);
    std::vector<float> packed((end - begin) * most * kRows);
    std::vector<const float*> found(most);
    for (int64_t first = 0; first < count; first += most) {
      const int64_t number = std::min(most, count - first);
      for (int64_t tile = begin; tile < end; tile++)
        pack(first, number, tile, packed.data() + (tile - begin) * most * kRows);
      for (int64_t tap = 0; tap < pixels.taps(); tap++) {
        pixels.find(first, number, tap, found.data());
        for (int64_t tile = begin; tile < end; tile++)
          row(found.data(), packed.data() + (tile - begin) * most * kRows, number, tile, tap);
      }
    }
  }

  void row(const float* const* found, const float* slopes, int64_t number, int64_t tile, int64_t tap) const {
    const int64_t in = pixels.channels, stride = pixels.taps() * in, rows = std::min(kRows, out - tile * kRows);
    float* to = result + tile * kRows * stride + tap * in;
    int64_t channel = 0;
    for (; channel + 2 * kLanes <= in; channel += 2 * kLanes)
      correlateTile<2>(found, channel, slopes, number, to + channel, stride, rows);
    if (channel < in) correlateTile<1>(found, channel, slopes, number, to + channel, stride, rows);
  }
};

}  // namespace

bool lacksAvx512() { return !__builtin_cpu_supports("avx512f"); }

bool prefersAvx2(const at::Tensor& image, int64_t channels) {
  static const bool suits = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && lacksAvx512();
  return suits && image.device().is_cpu() && image.scalar_type() == at::kFloat && channels % kLanes == 0;
}

at::Tensor avx2Convolution(const at::Tensor& x, const at::Tensor& filter, const at::Tensor& bias, bool relu,
                           const Windows2d& windows, int64_t outRows, int64_t outColumns) {
  const at::Tensor y = at::empty({x.size(0), outRows, outColumns, filter.size(3)}, x.options());
  const Pixels pixels(x, outRows, outColumns, windows);
  const at::Tensor taps = filter.as_strided({pixels.taps(), filter.size(2), filter.size(3)},
                                            {filter.stride(1), filter.stride(2), filter.stride(3)});
  const Convolution problem{pixels, taps, bias.defined() ? bias.data_ptr<float>() : nullptr, relu,
                            y.data_ptr<float>()};
  const int64_t count = x.size(0) * outRows * outColumns;
  const int64_t strips = (filter.size(3) + kStrip - 1) / kStrip, threads = at::get_num_threads();
  // Each thread packs the weights of its strips for its pixels: of few pixels all threads take all.
  if (strips >= threads && count < 512 * threads)
    at::parallel_for(0, strips, 1, [&](int64_t first, int64_t last) { problem.run(0, count, first, last); });
  else
    at::parallel_for(0, count, kRows * 4, [&](int64_t first, int64_t last) { problem.run(first, last, 0, strips); });
  return y;
}

at::Tensor avx2FilterGradient(const at::Tensor& x, const at::Tensor& dy, const Windows2d& windows) {
  const at::Tensor result = at::zeros({dy.size(3), windows.height, windows.width, x.size(3)}, x.options());
  const Pixels pixels(x, dy.size(1), dy.size(2), windows);
  const FilterGradient problem{pixels, dy.data_ptr<float>(), dy.size(0) * dy.size(1) * dy.size(2), dy.size(3),
                               result.data_ptr<float>()};
  const int64_t tiles = (dy.size(3) + kRows - 1) / kRows;
  at::parallel_for(0, tiles, 1, [&](int64_t first, int64_t last) { problem.run(first, last); });
  return result;
}

#else

bool lacksAvx512() { return false; }

bool prefersAvx2(const at::Tensor&, int64_t) { return false; }

at::Tensor avx2Convolution(const at::Tensor&, const at::Tensor&, const at::Tensor&, bool, const Windows2d&, int64_t,
                           int64_t) {
  TORCH_CHECK(false, "this processor has no AVX2");
}

at::Tensor avx2FilterGradient(const at::Tensor&, const at::Tensor&, const Windows2d&) {
  TORCH_CHECK(false, "this processor has no AVX2");
}

#endif

}  // namespace crosstask
