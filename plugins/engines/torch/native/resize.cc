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
  Tensor first, second, weight;
};

/// Source coordinates of bilinear resizing: of corners that coincide, of pixel centres, or scaled from the origin.
Axis bilinearAxis(int64_t from, int64_t to, bool alignCorners, bool halfPixelCenters, at::Device device) {
  std::vector<int64_t> first(to), second(to);
  std::vector<float> weight(to);
  const double scale = alignCorners && to > 1 ? double(from - 1) / double(to - 1) : double(from) / double(to);
  for (int64_t i = 0; i < to; i++) {
    const double source = std::max(0.0, halfPixelCenters ? (i + 0.5) * scale - 0.5 : i * scale);
    first[i] = std::min<int64_t>(int64_t(source), from - 1);
    second[i] = std::min<int64_t>(first[i] + 1, from - 1);
    weight[i] = float(source - double(first[i]));
  }
  return {at::tensor(first).to(device), at::tensor(second).to(device), at::tensor(weight).to(device)};
}

/// The weights along axis 1 or 2 of a four-dimensional tensor.
Tensor along(const Tensor& weight, int64_t axis) {
  Ints shape{1, 1, 1, 1};
  shape[axis] = weight.size(0);
  return weight.reshape(shape);
}

Tensor interpolate(const Tensor& x, const Axis& axis, int64_t dimension) {
  const Tensor low = at::index_select(x, dimension, axis.first);
  return low + (at::index_select(x, dimension, axis.second) - low) * along(axis.weight, dimension);
}

Tensor interpolateGrad(const Tensor& dy, const Axis& axis, int64_t dimension, int64_t from) {
  const Tensor second = dy * along(axis.weight, dimension);
  Ints shape(dy.sizes().begin(), dy.sizes().end());
  shape[dimension] = from;
  return at::zeros(shape, dy.options())
      .index_add_(dimension, axis.first, dy - second)
      .index_add_(dimension, axis.second, second);
}

/// For each source position along an axis: which positions of the result read it, and with what weight.
struct Readers {
  struct Reader {
    int64_t position;
    float weight;
  };
  std::vector<std::vector<Reader>> of;

  Readers(const Axis& axis, int64_t from) : of(from) {
    const int64_t* const first = axis.first.data_ptr<int64_t>();
    const int64_t* const second = axis.second.data_ptr<int64_t>();
    const float* const weight = axis.weight.data_ptr<float>();
    for (int64_t i = 0; i < axis.weight.numel(); i++) {
      of[first[i]].push_back({i, 1 - weight[i]});
      if (weight[i] != 0) of[second[i]].push_back({i, weight[i]});
    }
  }
};

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
  const Axis rows = bilinearAxis(x.size(1), size[0], alignCorners, halfPixelCenters, x.device());
  const Axis columns = bilinearAxis(x.size(2), size[1], alignCorners, halfPixelCenters, x.device());
  return interpolate(interpolate(x, rows, 1), columns, 2);
}

Tensor resizeBilinearGrad(const Kept& gradient, const Ints& inputShape, bool alignCorners, bool halfPixelCenters) {
  const Tensor& dy = gradient.tensor;
  const bool isKnown = dy.scalar_type() == at::kFloat || dy.scalar_type() == at::kBFloat16;
  if (dy.device().is_cpu() && isKnown && dy.numel() > 0) {
    return bilinearGradOnCpu(dy, inputShape,
                             bilinearAxis(inputShape[1], dy.size(1), alignCorners, halfPixelCenters, dy.device()),
                             bilinearAxis(inputShape[2], dy.size(2), alignCorners, halfPixelCenters, dy.device()));
  }
  if (atenHas(alignCorners, halfPixelCenters)) {
    const Ints input{inputShape[0], inputShape[3], inputShape[1], inputShape[2]};
    return toChannelsLast(at::upsample_bilinear2d_backward(toChannelsFirst(dy), {dy.size(1), dy.size(2)}, input,
                                                           alignCorners));
  }
  const Axis rows = bilinearAxis(inputShape[1], dy.size(1), alignCorners, halfPixelCenters, dy.device());
  const Axis columns = bilinearAxis(inputShape[2], dy.size(2), alignCorners, halfPixelCenters, dy.device());
  return interpolateGrad(interpolateGrad(dy, columns, 2, inputShape[2]), rows, 1, inputShape[1]);
}

Tensor nearestAxis(int64_t from, int64_t to, bool alignCorners, bool halfPixelCenters, at::Device device) {
  std::vector<int64_t> source(to);
  const float scale = alignCorners && to > 1 ? float(from - 1) / float(to - 1) : float(from) / float(to);
  for (int64_t i = 0; i < to; i++) {
    const float position = halfPixelCenters ? scale * (float(i) + 0.5f) : scale * float(i);
    const float whole = alignCorners ? std::round(position) : std::floor(position);
    source[i] = std::clamp<int64_t>(int64_t(whole), 0, from - 1);
  }
  return at::tensor(source).to(device);
}

Tensor resizeNearest(const Tensor& x, const Ints& size, bool alignCorners, bool halfPixelCenters) {
  const Tensor rows = nearestAxis(x.size(1), size[0], alignCorners, halfPixelCenters, x.device());
  const Tensor columns = nearestAxis(x.size(2), size[1], alignCorners, halfPixelCenters, x.device());
  return at::index_select(at::index_select(x, 1, rows), 2, columns);
}

Tensor resizeNearestGrad(const Tensor& dy, const Ints& inputShape, bool alignCorners, bool halfPixelCenters) {
  const Tensor rows = nearestAxis(inputShape[1], dy.size(1), alignCorners, halfPixelCenters, dy.device());
  const Tensor columns = nearestAxis(inputShape[2], dy.size(2), alignCorners, halfPixelCenters, dy.device());
  const Tensor narrow =
      at::zeros({dy.size(0), dy.size(1), inputShape[2], dy.size(3)}, dy.options()).index_add_(2, columns, dy);
  return at::zeros(inputShape, dy.options()).index_add_(1, rows, narrow);
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
