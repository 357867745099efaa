// Winograd's minimal filtering F(2×2, 3×3) (Lavin & Gray 2016, "Fast Algorithms for Convolutional Neural Networks"):
//
//     Y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A      d: 4×4 pixels, g: the filter, Y: 2×2 pixels
//
// summed over the input channels, which makes of ⊙ sixteen products of matrices. That of the filter's gradient follows
// from it: dg = Gᵀ [(A dY Aᵀ) ⊙ (Bᵀ d B)] G, summed over the tiles. Float32 loses about one binary digit by it.
//
// Here are the transforms of images, Bᵀ d B and A dY Aᵀ, a row of four of the sixteen at a time.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "convolution_kernels.hpp"
#include "vectors.hpp"

namespace crosstask {
namespace {

constexpr int64_t kParts = 16;

/// So few tiles that what is made of the filter is more than what is made of the image.
constexpr int64_t kFewTiles = 64;

/// Memory whose values are written before they are read.
inline std::unique_ptr<float[]> room(int64_t size) { return std::unique_ptr<float[]>(new float[size]); }

/// Tiles of 2×2 outputs over a batch of images.
struct Tiles {
  int64_t rows, columns;  // of outputs
  int64_t tileRows = (rows + 1) / 2, tileColumns = (columns + 1) / 2;

  int64_t perImage() const { return tileRows * tileColumns; }
};

/// Where one tile stands.
struct Corner {
  int64_t image, row, column;

  Corner(const Tiles& tiles, int64_t tile)
      : image(tile / tiles.perImage()),
        row(2 * (tile % tiles.perImage() / tiles.tileColumns)),
        column(2 * (tile % tiles.tileColumns)) {}
};

/// Matrices of units that lie in lines of one vector: [part][channels / kLanes][tile][kLanes].
struct Lines {
  int64_t line, part;  // floats from one to the next

  Lines(int64_t lines, int64_t tiles) : line(tiles * kLanes), part(lines * line) {
    // The sixteen parts are written together: at distances of powers of two they would push each other out of the cache.
    if (lines * tiles % 2 == 0) part += kLanes;
  }
};

/// In equal parts of at most `most`, whole multiples of `of`.
inline int64_t equalParts(int64_t count, int64_t most, int64_t of) {
  const int64_t blocks = (count + most - 1) / most;
  return ((count + blocks - 1) / blocks + of - 1) / of * of;
}

/// Pixels of an image by tile, from a row of zeros outside of it.
template <typename Number>
struct TilePixels {
  const Number* data;
  Image image;
  int64_t top, left;
  Tiles tiles;
  std::vector<Number> zeros;

  TilePixels(const Image& image, int64_t top, int64_t left, const Tiles& tiles)
      : data(static_cast<const Number*>(image.data)),
        image(image),
        top(top),
        left(left),
        tiles(tiles),
        zeros(image.channels) {}

  /// The Size × Size pixels of a tile.
  template <int Size>
  void find(int64_t tile, const Number* (*to)[Size]) const {
    const Corner corner(tiles, tile);
    for (int64_t i = 0; i < Size; i++) {
      const int64_t y = corner.row - top + i;
      const bool there = corner.image < image.batch && y >= 0 && y < image.rows;
      const Number* const row = data + (corner.image * image.rows + y) * image.columns * image.channels;
      for (int64_t j = 0; j < Size; j++) {
        const int64_t z = corner.column - left + j;
        to[i][j] = there && z >= 0 && z < image.columns ? row + z * image.channels : zeros.data();
      }
    }
  }
};

/// Row `Row` of Bᵀ d B for one vector of channels.
template <int Row, typename Number>
CROSSTASK_INLINE void imageRow(const Number* const (*d)[4], int64_t c, Vector* to) {
  constexpr int kFirst = Row == 0 ? 0 : Row == 2 ? 2 : 1, kSecond = Row == 2 ? 1 : Row == 3 ? 3 : 2;
  Vector h[4];
#pragma GCC unroll 4
  for (int j = 0; j < 4; j++) {
    const Vector first = load(d[kFirst][j] + c), second = load(d[kSecond][j] + c);
    h[j] = Row == 1 ? first + second : first - second;
  }
  to[0] = h[0] - h[2];
  to[1] = h[1] + h[2];
  to[2] = h[2] - h[1];
  to[3] = h[1] - h[3];
}

/// Row `Row` of A dY Aᵀ.
template <int Row, typename Number>
CROSSTASK_INLINE void slopeRow(const Number* const (*d)[2], int64_t c, Vector* to) {
  Vector h[2];
#pragma GCC unroll 2
  for (int j = 0; j < 2; j++) {
    const Vector first = Row == 3 ? Vector{} : load(d[0][j] + c), second = Row == 0 ? Vector{} : load(d[1][j] + c);
    h[j] = Row == 1 ? first + second : first - second;
  }
  to[0] = h[0];
  to[1] = h[0] + h[1];
  to[2] = h[0] - h[1];
  to[3] = -h[1];
}

template <int Row, typename Number>
CROSSTASK_INLINE void tileRow(const Number* const (*d)[4], int64_t c, Vector* to) {
  imageRow<Row>(d, c, to);
}
template <int Row, typename Number>
CROSSTASK_INLINE void tileRow(const Number* const (*d)[2], int64_t c, Vector* to) {
  slopeRow<Row>(d, c, to);
}

}  // namespace
}  // namespace crosstask
