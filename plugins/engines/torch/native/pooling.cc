// Maximum and average over windows, and their gradients. Images are [batch, height, width, channels].
#include "addon.hpp"

#include <limits>

namespace crosstask {
namespace {

/// Where windows stand: size, step, and what is added on the top, bottom, left and right.
struct Windows {
  Ints size, strides, pads;

  Tensor pad(const Tensor& x, double value) const {
    return at::constant_pad_nd(x, {pads[2], pads[3], pads[0], pads[1]}, value);
  }
  Tensor unpad(const Tensor& x) const {
    return x.narrow(2, pads[0], x.size(2) - pads[0] - pads[1]).narrow(3, pads[2], x.size(3) - pads[2] - pads[3]);
  }
};

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// ATen pads by itself where both sides are alike and narrower than half a window; else −∞ is put there first.
std::tuple<Tensor, Tensor> maxima(const Tensor& x, const Windows& windows) {
  const auto& [size, strides, pads] = windows;
  const bool asAten = pads[0] == pads[1] && pads[2] == pads[3] && 2 * pads[0] <= size[0] && 2 * pads[2] <= size[1];
  return asAten ? at::max_pool2d_with_indices(x, size, strides, {pads[0], pads[2]})
                : at::max_pool2d_with_indices(windows.pad(x, -kInfinity), size, strides);
}

/// tfjs passes over NaN, where ATen stops at it. On the processor it is looked for where it is cheap, in the result; asking
/// a card for it would be to wait for it.
Tensor maxPool(const Kept& input, const Ints& size, const Ints& strides, const Ints& pads) {
  const Tensor& image = input.tensor;
  const Tensor x = toChannelsFirst(image.is_floating_point() ? image : image.to(at::kFloat));
  const Windows windows{size, strides, pads};
  Tensor y = std::get<0>(maxima(x.is_cpu() ? x : withoutNan(x, -kInfinity), windows));
  if (x.is_cpu() && at::isnan(y).any().item<bool>()) y = std::get<0>(maxima(withoutNan(x, -kInfinity), windows));
  return toChannelsLast(y).to(image.scalar_type());
}

Tensor maxPoolGrad(const Kept& gradient, const Kept& input, const Ints& size, const Ints& strides, const Ints& pads) {
  const Windows windows{size, strides, pads};
  const Tensor& image = input.tensor;
  const Tensor dy = gradient.tensor.to(image.scalar_type());
  const Tensor x = windows.pad(toChannelsFirst(image), -kInfinity);
  const Tensor indices = std::get<1>(at::max_pool2d_with_indices(x, size, strides));
  const Tensor share = toChannelsFirst(dy).contiguous(x.suggest_memory_format());
  return toChannelsLast(windows.unpad(
      at::max_pool2d_with_indices_backward(share, x, size, strides, {0, 0}, {1, 1}, false, indices)));
}

/// How many values that are not padding stand in each window, [1, 1, height, width].
Tensor counts(const Tensor& x, const Windows& windows) {
  const Tensor ones = at::ones({1, 1, x.size(1), x.size(2)}, x.options().dtype(at::kFloat));
  return at::avg_pool2d(windows.pad(ones, 0), windows.size, windows.strides);
}

Tensor avgPool(const Tensor& x, const Ints& size, const Ints& strides, const Ints& pads) {
  const Windows windows{size, strides, pads};
  const Tensor image = windows.pad(toChannelsFirst(x).to(at::kFloat), 0);
  return toChannelsLast(at::div(at::avg_pool2d(image, size, strides), counts(x, windows))).to(x.scalar_type());
}

Tensor avgPoolGrad(const Tensor& dy, const Tensor& x, const Ints& size, const Ints& strides, const Ints& pads) {
  const Windows windows{size, strides, pads};
  const Tensor image = windows.pad(toChannelsFirst(x).to(at::kFloat), 0);
  const Tensor shares = at::div(toChannelsFirst(dy), counts(x, windows)).contiguous(image.suggest_memory_format());
  return toChannelsLast(windows.unpad(
      at::avg_pool2d_backward(shares, image, size, strides, {0, 0}, false, true, c10::nullopt)));
}

}  // namespace

std::vector<Export> poolingKernels() {
  return {
      kernel<maxPool>("maxPool"),
      kernel<maxPoolGrad>("maxPoolGrad"),
      kernel<avgPool>("avgPool"),
      kernel<avgPoolGrad>("avgPoolGrad"),
  };
}

}  // namespace crosstask
