// Resizing of [batch, height, width, channels] and its gradient, in each of TensorFlow's conventions.
#include "addon.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

#include "vectorized.hpp"

namespace crosstask {
namespace {

/// For each output position along one axis: the two source positions, and the second one's weight.
struct Axis {
  std::vector<int64_t> first, second;
  std::vector<float> weight;
};

/// Source coordinates of bilinear resizing: of corners that coincide, of pixel centres, or scaled from the origin.
Axis bilinearAxis(int64_t from, int64_t to, bool alignCorners, bool halfPixelCenters) {
  Axis axis{std::vector<int64_t>(to), std::vector<int64_t>(to), std::vector<float>(to)};
  const double scale = alignCorners && to > 1 ? double(from - 1) / double(to - 1) : double(from) / double(to);
  for (int64_t i = 0; i < to; i++) {
    const double source = std::max(0.0, halfPixelCenters ? (i + 0.5) * scale - 0.5 : i * scale);
    axis.first[i] = std::min<int64_t>(int64_t(source), from - 1);
    axis.second[i] = std::min<int64_t>(axis.first[i] + 1, from - 1);
    axis.weight[i] = float(source - double(axis.first[i]));
  }
  return axis;
}

/// The nearest source position alone.
Axis nearestAxis(int64_t from, int64_t to, bool alignCorners, bool halfPixelCenters) {
  std::vector<int64_t> source(to);
  const float scale = alignCorners && to > 1 ? float(from - 1) / float(to - 1) : float(from) / float(to);
  for (int64_t i = 0; i < to; i++) {
    const float position = halfPixelCenters ? scale * (float(i) + 0.5f) : scale * float(i);
    const float whole = alignCorners ? std::round(position) : std::floor(position);
    source[i] = std::clamp<int64_t>(int64_t(whole), 0, from - 1);
  }
  return {source, source, std::vector<float>(to)};
}

/// The values at places along a dimension.
Tensor select(const Tensor& x, int64_t dimension, const std::vector<int64_t>& places) {
  return at::index_select(x, dimension, moved(at::tensor(places), x.device()));
}

Tensor interpolate(const Tensor& x, const Axis& axis, int64_t dimension) {
  Ints along{1, 1, 1, 1};
  along[dimension] = int64_t(axis.weight.size());
  const Tensor low = select(x, dimension, axis.first);
  return low + (select(x, dimension, axis.second) - low) * moved(at::tensor(axis.weight), x.device()).view(along);
}

/// For each source position along an axis: which positions of the result read it, and with what weight.
struct Readers {
  struct Reader {
    int64_t position;
    float weight;
  };
  std::vector<std::vector<Reader>> of;

  Readers(const Axis& axis, int64_t from) : of(from) {
    for (size_t i = 0; i < axis.weight.size(); i++) {
      of[axis.first[i]].push_back({int64_t(i), 1 - axis.weight[i]});
      if (axis.weight[i] != 0) of[axis.second[i]].push_back({int64_t(i), axis.weight[i]});
    }
  }
};

/// The gradient along one dimension: each source position gathers what has read it. ATen's own on a card adds to one
/// place from many threads, in another order every time.
Tensor gather(const Tensor& dy, const Readers& readers, int64_t dimension) {
  size_t most = 1;
  for (const auto& own : readers.of) most = std::max(most, own.size());
  const int64_t from = int64_t(readers.of.size()), count = int64_t(most);
  std::vector<int64_t> places(from * count);
  std::vector<float> weights(from * count);
  for (int64_t source = 0; source < from; source++) {
    for (size_t i = 0; i < readers.of[source].size(); i++) {
      places[source * count + i] = readers.of[source][i].position;
      weights[source * count + i] = readers.of[source][i].weight;
    }
  }
  Ints shape(dy.sizes().begin(), dy.sizes().end()), along{1, 1, 1, 1};
  shape[dimension] = along[dimension] = from;
  shape.insert(shape.begin() + dimension + 1, count);
  along.insert(along.begin() + dimension + 1, count);
  const Tensor shares = select(dy, dimension, places).view(shape) * moved(at::tensor(weights), dy.device()).view(along);
  return at::sum(shares, {dimension + 1});
}

/// to[i] += weight · from[i]
CROSSTASK_VECTORIZED void addScaled(const float* __restrict from, float weight, int64_t count, float* __restrict to) {
  for (int64_t i = 0; i < count; i++) to[i] += weight * from[i];
}

/// bfloat16 is the upper half of a float32; its own conversion is a call for each number.
CROSSTASK_VECTORIZED void addScaledHalves(const uint16_t* __restrict from, float weight, int64_t count,
                                          float* __restrict to) {
  for (int64_t i = 0; i < count; i++) {
    const uint32_t bits = uint32_t(from[i]) << 16;
    float value;
    __builtin_memcpy(&value, &bits, sizeof value);
    to[i] += weight * value;
  }
}

/// The gradient on the processor. Each row of dx gathers what has read it: first rows of dy into one, then its columns.
Tensor bilinearGradOnCpu(const Tensor& dy, const Ints& shape, const Axis& rowAxis, const Axis& columnAxis) {
  const Tensor slopes = dy.contiguous(), dx = at::empty(shape, dy.options().dtype(at::kFloat));
  const Readers rows(rowAxis, shape[1]), columns(columnAxis, shape[2]);
  const int64_t channels = shape[3], width = dy.size(2) * channels;
  const bool narrow = dy.scalar_type() == at::kBFloat16;
  at::parallel_for(0, shape[0] * shape[1], 1, [&](int64_t begin, int64_t end) {
    std::vector<float> sum(width);
    for (int64_t row = begin; row < end; row++) {
      std::fill(sum.begin(), sum.end(), 0.0f);
      for (const auto& [position, weight] : rows.of[row % shape[1]]) {
        const int64_t from = (row / shape[1] * dy.size(1) + position) * width;
        if (narrow)
          addScaledHalves(static_cast<const uint16_t*>(slopes.data_ptr()) + from, weight, width, sum.data());
        else
          addScaled(slopes.data_ptr<float>() + from, weight, width, sum.data());
      }
      float* to = dx.data_ptr<float>() + row * shape[2] * channels;
      for (int64_t column = 0; column < shape[2]; column++, to += channels) {
        std::fill_n(to, channels, 0.0f);
        for (const auto& [position, weight] : columns.of[column])
          addScaled(sum.data() + position * channels, weight, channels, to);
      }
    }
  });
  return dx.to(dy.scalar_type());
}

/// ATen has the first two conventions.
bool atenHas(bool alignCorners, bool halfPixelCenters) { return alignCorners != halfPixelCenters; }

Tensor resizeBilinear(const Kept& image, const Ints& size, bool alignCorners, bool halfPixelCenters) {
  const Tensor x = image.tensor.is_floating_point() ? image.tensor : image.tensor.to(at::kFloat);
  if (atenHas(alignCorners, halfPixelCenters))
    return toChannelsLast(at::upsample_bilinear2d(toChannelsFirst(x), size, alignCorners));
  const Tensor high = interpolate(x, bilinearAxis(x.size(1), size[0], alignCorners, halfPixelCenters), 1);
  return interpolate(high, bilinearAxis(x.size(2), size[1], alignCorners, halfPixelCenters), 2);
}

Tensor resizeBilinearGrad(const Kept& gradient, const Ints& inputShape, bool alignCorners, bool halfPixelCenters) {
  const Tensor& dy = gradient.tensor;
  const Axis rows = bilinearAxis(inputShape[1], dy.size(1), alignCorners, halfPixelCenters);
  const Axis columns = bilinearAxis(inputShape[2], dy.size(2), alignCorners, halfPixelCenters);
  const bool isKnown = dy.scalar_type() == at::kFloat || dy.scalar_type() == at::kBFloat16;
  if (dy.device().is_cpu() && isKnown && dy.numel() > 0) return bilinearGradOnCpu(dy, inputShape, rows, columns);
  const Tensor wide = gather(dy, Readers(rows, inputShape[1]), 1);
  return gather(wide, Readers(columns, inputShape[2]), 2).to(dy.scalar_type());
}

Tensor resizeNearest(const Tensor& x, const Ints& size, bool alignCorners, bool halfPixelCenters) {
  const Axis rows = nearestAxis(x.size(1), size[0], alignCorners, halfPixelCenters);
  return select(select(x, 1, rows.first), 2, nearestAxis(x.size(2), size[1], alignCorners, halfPixelCenters).first);
}

Tensor resizeNearestGrad(const Tensor& dy, const Ints& inputShape, bool alignCorners, bool halfPixelCenters) {
  const Axis rows = nearestAxis(inputShape[1], dy.size(1), alignCorners, halfPixelCenters);
  const Axis columns = nearestAxis(inputShape[2], dy.size(2), alignCorners, halfPixelCenters);
  return gather(gather(dy, Readers(rows, inputShape[1]), 1), Readers(columns, inputShape[2]), 2);
}

}  // namespace

std::vector<Export> resizeKernels() {
  return {
      kernel<resizeBilinear>("resizeBilinear"),
      kernel<resizeBilinearGrad>("resizeBilinearGrad"),
      kernel<resizeNearest>("resizeNearest"),
      kernel<resizeNearestGrad>("resizeNearestGrad"),
  };
}

}  // namespace crosstask
