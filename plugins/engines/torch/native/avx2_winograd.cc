// Winograd's minimal filtering F(2×2, 3×3) (Lavin & Gray 2016, "Fast Algorithms for Convolutional Neural Networks"):
//
//     Y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A      d: 4×4 pixels, g: the filter, Y: 2×2 pixels
//
// summed over the input channels, which makes of ⊙ sixteen products of matrices. That of the filter's gradient follows
// from it: dg = Gᵀ [(A dY Aᵀ) ⊙ (Bᵀ d B)] G, summed over the tiles. Float32 loses about one binary digit by it.
#include "avx2_winograd.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "avx2_tiles.hpp"

namespace crosstask {

#if defined(__x86_64__)
namespace {

#define AVX2 __attribute__((target("avx2,fma")))

/// Eight channels. GCC and clang give it arithmetic.
typedef float Vector __attribute__((vector_size(32)));
typedef float Unaligned __attribute__((vector_size(32), aligned(4)));

constexpr int64_t kParts = 16;

AVX2 inline Vector load(const float* from) { return *reinterpret_cast<const Unaligned*>(from); }
AVX2 inline void store(float* to, Vector value) { *reinterpret_cast<Unaligned*>(to) = value; }

/// Tiles of 2×2 outputs over a batch of images.
struct Tiles {
  int64_t rows, columns;  // of outputs
  int64_t tileRows = (rows + 1) / 2, tileColumns = (columns + 1) / 2;

  int64_t perImage() const { return tileRows * tileColumns; }
};

/// As many tiles as keep one of the sixteen matrices in the second-level cache.
int64_t tilesAtOnce(int64_t channels, int64_t count) {
  const int64_t most = std::clamp<int64_t>((128 << 10) / (4 * channels), 48, 512);
  const int64_t blocks = (count + most - 1) / most;
  return ((count + blocks - 1) / blocks + kRows - 1) / kRows * kRows;
}

/// Memory whose values are written before they are read.
std::unique_ptr<float[]> room(int64_t size) { return std::unique_ptr<float[]>(new float[size]); }

/// Bᵀ d B of some tiles: parts[k][tile][channel].
struct ImageTransform {
  const float* x;
  int64_t rows, columns, channels;
  int64_t top, left;
  Tiles tiles;
  const float* zeros;

  AVX2 void run(int64_t first, int64_t count, int64_t most, float* parts) const {
    const int64_t part = most * channels;
    for (int64_t t = 0; t < count; t++) {
      const int64_t tile = first + t, image = tile / tiles.perImage(), inImage = tile % tiles.perImage();
      const int64_t row = 2 * (inImage / tiles.tileColumns) - top, column = 2 * (inImage % tiles.tileColumns) - left;
      const float* from[4][4];
      for (int64_t i = 0; i < 4; i++)
        for (int64_t j = 0; j < 4; j++) {
          const int64_t y = row + i, z = column + j;
          const bool inside = y >= 0 && y < rows && z >= 0 && z < columns;
          from[i][j] = inside ? x + ((image * rows + y) * columns + z) * channels : zeros;
        }
      for (int64_t c = 0; c < channels; c += kLanes) one(from, c, parts + t * channels + c, part);
    }
  }

  AVX2 static void one(const float* const (*from)[4], int64_t c, float* to, int64_t part) {
    Vector half[4][4];
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
      const Vector d0 = load(from[0][j] + c), d1 = load(from[1][j] + c), d2 = load(from[2][j] + c),
                   d3 = load(from[3][j] + c);
      half[0][j] = d0 - d2;
      half[1][j] = d1 + d2;
      half[2][j] = d2 - d1;
      half[3][j] = d1 - d3;
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
      const Vector *h = half[i];
      store(to + (4 * i + 0) * part, h[0] - h[2]);
      store(to + (4 * i + 1) * part, h[1] + h[2]);
      store(to + (4 * i + 2) * part, h[2] - h[1]);
      store(to + (4 * i + 3) * part, h[1] - h[3]);
    }
  }
};

/// G g Gᵀ of one input and one output channel, its sixteen values `part` apart.
inline void transformFilter(const float* g, int64_t rowStride, int64_t columnStride, float* to, int64_t part) {
  float half[4][3];
  for (int j = 0; j < 3; j++) {
    const float g0 = g[j * columnStride], g1 = g[rowStride + j * columnStride], g2 = g[2 * rowStride + j * columnStride];
    half[0][j] = g0;
    half[1][j] = 0.5f * (g0 + g1 + g2);
    half[2][j] = 0.5f * (g0 - g1 + g2);
    half[3][j] = g2;
  }
  for (int i = 0; i < 4; i++) {
    const float* h = half[i];
    to[(4 * i + 0) * part] = h[0];
    to[(4 * i + 1) * part] = 0.5f * (h[0] + h[1] + h[2]);
    to[(4 * i + 2) * part] = 0.5f * (h[0] - h[1] + h[2]);
    to[(4 * i + 3) * part] = h[2];
  }
}

/// The forward pass.
struct Forward {
  ImageTransform image;
  const at::Tensor& filter;
  bool turned;
  const float* bias;
  bool relu;
  int64_t out;
  float* y;
  float* panels;  // [16][strip][in][kStrip, less in a last strip]

  int64_t panelSize() const { return image.channels * out; }

  /// The filter's transform for the output channels of some strips.
  void transformFilters(int64_t firstStrip, int64_t lastStrip) const {
    const int64_t end = turned ? 2 : 0, in = image.channels;
    const int64_t rowStride = turned ? -filter.stride(0) : filter.stride(0);
    const int64_t columnStride = turned ? -filter.stride(1) : filter.stride(1);
    const float* g = filter.data_ptr<float>() + end * (filter.stride(0) + filter.stride(1));
    for (int64_t strip = firstStrip; strip < lastStrip; strip++) {
      const int64_t channel = strip * kStrip, width = std::min(kStrip, out - channel);
      float* panel = panels + channel * in;
      for (int64_t o = 0; o < width; o++)
        for (int64_t c = 0; c < in; c++)
          transformFilter(g + c * filter.stride(2) + (channel + o) * filter.stride(3), rowStride, columnStride,
                          panel + c * width + o, panelSize());
    }
  }

  void run(int64_t begin, int64_t end) const {
    const int64_t in = image.channels, most = tilesAtOnce(in, end - begin);
    const auto parts = room(kParts * most * in), products = room(kParts * most * out);
    std::vector<const float*> found(most + kRows);
    for (int64_t first = begin; first < end; first += most) {
      const int64_t count = std::min(most, end - first);
      image.run(first, count, most, parts.get());
      for (int64_t k = 0; k < kParts; k++) {
        const float* part = parts.get() + k * most * in;
        for (int64_t t = 0; t < most + kRows; t++) found[t] = part + std::min(t, count - 1) * in;
        multiply(found.data(), count, panels + k * panelSize(), products.get() + k * most * out);
      }
      finish(first, count, products.get(), most * out);
    }
  }

  void multiply(const float* const* found, int64_t count, const float* panel, float* to) const {
    const int64_t in = image.channels;
    for (int64_t channel = 0; channel < out; channel += kStrip) {
      const bool whole = channel + kStrip <= out;
      for (int64_t t = 0; t < count; t += kRows) {
        const int64_t rows = std::min(kRows, count - t);
        if (whole)
          multiplyTile<2>(found + t, in, panel + channel * in, to + t * out + channel, out, rows, true);
        else
          multiplyTile<1>(found + t, in, panel + channel * in, to + t * out + channel, out, rows, true);
      }
    }
  }

  /// Aᵀ m A, bias and ReLU.
  AVX2 void finish(int64_t first, int64_t count, const float* products, int64_t part) const {
    const Tiles& tiles = image.tiles;
    for (int64_t t = 0; t < count; t++) {
      const int64_t tile = first + t, inImage = tile % tiles.perImage();
      const int64_t row = 2 * (inImage / tiles.tileColumns), column = 2 * (inImage % tiles.tileColumns);
      float* to = y + ((tile / tiles.perImage() * tiles.rows + row) * tiles.columns + column) * out;
      const bool below = row + 1 < tiles.rows, beside = column + 1 < tiles.columns;
      for (int64_t o = 0; o < out; o += kLanes) {
        Vector values[2][2];
        fold(products + t * out + o, part, values);
        const Vector offset = bias ? load(bias + o) : Vector{};
        for (int i = 0; i < 2; i++)
          for (int j = 0; j < 2; j++) {
            if ((i == 1 && !below) || (j == 1 && !beside)) continue;
            Vector value = values[i][j] + offset;
            if (relu) value = value < 0 ? Vector{} : value;
            store(to + (i * tiles.columns + j) * out + o, value);
          }
      }
    }
  }

  AVX2 static void fold(const float* m, int64_t part, Vector (*to)[2]) {
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

/// The filter's gradient for some output channels, tiles of kRows of them.
struct Backward {
  ImageTransform image;
  const float* dy;
  int64_t out, count;  // channels of dy; tiles over all images
  float* sums;         // [16][out, whole tiles of kRows][in]

  int64_t padded() const { return (out + kRows - 1) / kRows * kRows; }

  /// A dY Aᵀ of one tile of the image and kRows channels: to[k · part + o].
  void transform(int64_t tile, int64_t channel, float* to, int64_t part) const {
    const Tiles& tiles = image.tiles;
    const int64_t inImage = tile % tiles.perImage();
    const int64_t row = 2 * (inImage / tiles.tileColumns), column = 2 * (inImage % tiles.tileColumns);
    const float* from = dy + ((tile / tiles.perImage() * tiles.rows + row) * tiles.columns + column) * out + channel;
    const bool below = row + 1 < tiles.rows, beside = column + 1 < tiles.columns;
    for (int64_t o = 0; o < kRows; o++) {
      const bool there = channel + o < out;
      const float d00 = there ? from[o] : 0, d01 = there && beside ? from[out + o] : 0;
      const float d10 = there && below ? from[tiles.columns * out + o] : 0;
      const float d11 = there && below && beside ? from[(tiles.columns + 1) * out + o] : 0;
      const float half[4][2] = {{d00, d01}, {d00 + d10, d01 + d11}, {d00 - d10, d01 - d11}, {-d10, -d11}};
      for (int i = 0; i < 4; i++) {
        to[(4 * i + 0) * part + o] = half[i][0];
        to[(4 * i + 1) * part + o] = half[i][0] + half[i][1];
        to[(4 * i + 2) * part + o] = half[i][0] - half[i][1];
        to[(4 * i + 3) * part + o] = -half[i][1];
      }
    }
  }

  void run(int64_t firstRow, int64_t lastRow) const {
    const int64_t in = image.channels, most = tilesAtOnce(in, count), strips = lastRow - firstRow;
    const auto parts = room(kParts * most * in), slopes = room(kParts * strips * most * kRows);
    std::vector<const float*> found(most);
    for (int64_t first = 0; first < count; first += most) {
      const int64_t number = std::min(most, count - first);
      image.run(first, number, most, parts.get());
      for (int64_t strip = 0; strip < strips; strip++)
        for (int64_t t = 0; t < number; t++)
          transform(first + t, (firstRow + strip) * kRows, slopes.get() + (strip * most + t) * kRows,
                    strips * most * kRows);
      for (int64_t k = 0; k < kParts; k++) {
        for (int64_t t = 0; t < number; t++) found[t] = parts.get() + (k * most + t) * in;
        for (int64_t strip = 0; strip < strips; strip++)
          correlate(found.data(), slopes.get() + (k * strips + strip) * most * kRows, number,
                    sums + (k * padded() + (firstRow + strip) * kRows) * in);
      }
    }
  }

  void correlate(const float* const* found, const float* slopes, int64_t number, float* to) const {
    const int64_t in = image.channels;
    int64_t channel = 0;
    for (; channel + kStrip <= in; channel += kStrip)
      correlateTile<2>(found, channel, slopes, number, to + channel, in, kRows);
    if (channel < in) correlateTile<1>(found, channel, slopes, number, to + channel, in, kRows);
  }

  /// Gᵀ s G of some output channels: result[o][i][j][c].
  AVX2 void finish(int64_t first, int64_t last, float* result) const {
    const int64_t in = image.channels, part = padded() * in;
    const Vector halved = Vector{} + 0.5f;
    for (int64_t o = first; o < last; o++)
      for (int64_t c = 0; c < in; c += kLanes) {
        const float* s = sums + o * in + c;
        Vector half[3][4];
        for (int j = 0; j < 4; j++) {
          const Vector s0 = load(s + j * part), s1 = load(s + (4 + j) * part), s2 = load(s + (8 + j) * part),
                       s3 = load(s + (12 + j) * part);
          half[0][j] = s0 + halved * (s1 + s2);
          half[1][j] = halved * (s1 - s2);
          half[2][j] = halved * (s1 + s2) + s3;
        }
        for (int i = 0; i < 3; i++) {
          const Vector* h = half[i];
          float* to = result + (o * 9 + i * 3) * in + c;
          store(to, h[0] + halved * (h[1] + h[2]));
          store(to + in, halved * (h[1] - h[2]));
          store(to + 2 * in, halved * (h[1] + h[2]) + h[3]);
        }
      }
  }
};

ImageTransform transformOf(const at::Tensor& x, int64_t top, int64_t left, const Tiles& tiles, const float* zeros) {
  return {x.data_ptr<float>(), x.size(1), x.size(2), x.size(3), top, left, tiles, zeros};
}

}  // namespace

bool prefersWinograd(int64_t in, int64_t out, int64_t pixels) {
  return in % kLanes == 0 && out % kLanes == 0 && in >= 32 && out >= 32 && pixels >= 1024;
}

at::Tensor winogradConvolution(const at::Tensor& x, const at::Tensor& filter, bool turned, const at::Tensor& bias,
                               bool relu, int64_t top, int64_t left, int64_t outRows, int64_t outColumns) {
  const int64_t in = x.size(3), out = filter.size(3);
  const at::Tensor y = at::empty({x.size(0), outRows, outColumns, out}, x.options());
  const std::vector<float> zeros(in);
  const Tiles tiles{outRows, outColumns};
  const auto panels = room(kParts * in * out);
  const Forward problem{transformOf(x, top, left, tiles, zeros.data()),
                        filter,
                        turned,
                        bias.defined() ? bias.data_ptr<float>() : nullptr,
                        relu,
                        out,
                        y.data_ptr<float>(),
                        panels.get()};
  const int64_t strips = (out + kStrip - 1) / kStrip;
  at::parallel_for(0, strips, 1, [&](int64_t first, int64_t last) { problem.transformFilters(first, last); });
  at::parallel_for(0, x.size(0) * tiles.perImage(), kRows * 4,
                   [&](int64_t first, int64_t last) { problem.run(first, last); });
  return y;
}

at::Tensor winogradFilterGradient(const at::Tensor& x, const at::Tensor& dy, int64_t top, int64_t left) {
  const int64_t in = x.size(3), out = dy.size(3);
  const at::Tensor result = at::empty({out, 3, 3, in}, x.options());
  const std::vector<float> zeros(in);
  const Tiles tiles{dy.size(1), dy.size(2)};
  const int64_t rows = (out + kRows - 1) / kRows;
  std::vector<float> sums(kParts * rows * kRows * in);
  const Backward problem{transformOf(x, top, left, tiles, zeros.data()), dy.data_ptr<float>(), out,
                         x.size(0) * tiles.perImage(), sums.data()};
  at::parallel_for(0, rows, 1, [&](int64_t first, int64_t last) { problem.run(first, last); });
  at::parallel_for(0, out, 1, [&](int64_t first, int64_t last) { problem.finish(first, last, result.data_ptr<float>()); });
  return result;
}

#else

bool prefersWinograd(int64_t, int64_t, int64_t) { return false; }

at::Tensor winogradConvolution(const at::Tensor&, const at::Tensor&, bool, const at::Tensor&, bool, int64_t, int64_t,
                               int64_t, int64_t) {
  TORCH_CHECK(false, "this processor has no AVX2");
}

at::Tensor winogradFilterGradient(const at::Tensor&, const at::Tensor&, int64_t, int64_t) {
  TORCH_CHECK(false, "this processor has no AVX2");
}

#endif

}  // namespace crosstask
