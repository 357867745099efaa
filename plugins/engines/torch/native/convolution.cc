// Convolution and its two gradients. tfjs lays images out as [batch, height, width, channels] and filters as
// [height, width, in, out]; ATen names the axes in another order, but takes any strides: a permuted view is enough.
#include "addon.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "own_convolution.hpp"

namespace crosstask {
namespace {

/// Zeros on the top, bottom, left and right.
struct Padding {
  explicit Padding(const Ints& sides) : top(sides[0]), bottom(sides[1]), left(sides[2]), right(sides[3]) {}
  /// ATen's own padding is the same on both sides of an axis.
  bool even() const { return top == bottom && left == right; }
  Ints both() const { return {top, left}; }

  Windows2d windows(int64_t height, int64_t width, const Ints& strides, const Ints& dilations) const {
    return {height, width, strides[0], strides[1], top, left, dilations[0], dilations[1]};
  }
  int64_t outRows(const Tensor& image, const Windows2d& windows) const {
    return (image.size(1) + top + bottom - windows.rowDilation * (windows.height - 1) - 1) / windows.rowStride + 1;
  }
  int64_t outColumns(const Tensor& image, const Windows2d& windows) const {
    return (image.size(2) + left + right - windows.columnDilation * (windows.width - 1) - 1) / windows.columnStride + 1;
  }

  int64_t top, bottom, left, right;
};

Tensor padded(const Tensor& x, const Padding& pad) {
  return at::constant_pad_nd(x, {pad.left, pad.right, pad.top, pad.bottom}, 0);
}

/// Cuts the padding off again. [batch, channels, height, width]
Tensor unpadded(const Tensor& x, const Padding& pad) {
  return x.narrow(2, pad.top, x.size(2) - pad.top - pad.bottom).narrow(3, pad.left, x.size(3) - pad.left - pad.right);
}

/// [height, width, in, out] → [out, in, height, width]; depthwise [height, width, in, multiplier] → [in·multiplier, 1, …].
Tensor filterOf(const Tensor& filter, int64_t groups) {
  if (groups == 1) return filter.permute({3, 2, 0, 1});
  return filter.permute({2, 3, 0, 1}).reshape({filter.size(2) * filter.size(3), 1, filter.size(0), filter.size(1)});
}

/// Filters are read with the input channels innermost. A parameter is laid out so once, at its first use; tfjs' shape
/// and the values stay, and the optimizer keeps the strides.
Tensor laidOut(const Place& place, int64_t groups) {
  const Tensor filter = filterOf(place.tensor(), groups);
  if (groups != 1 || filter.is_contiguous(at::MemoryFormat::ChannelsLast)) return filter;
  const Tensor dense = filter.contiguous(at::MemoryFormat::ChannelsLast);
  place.replace(dense.permute({2, 3, 1, 0}));
  return dense;
}

/// [batch, channels, height, width] as ATen's kernels are to read it. oneDNN 2.6, which libtorch 1.13 has, writes beyond
/// the end of its result with channels innermost where it has AVX2 alone and their number is not that of whole vectors.
/// There it has no kernels for bfloat16, and ATen's own add up in that, up to errors of 2 %: sums are float32.
Tensor forAten(const Tensor& x) {
  if (x.device().is_cpu() && lacksAvx512()) return widened(x).contiguous();
  return x.contiguous(at::MemoryFormat::ChannelsLast);
}

/// oneDNN has no kernel for a few geometries, such as padding wider than the image, and says so by an error.
template <typename Compute>
auto withAnyLibrary(Compute compute) {
  try {
    return compute();
  } catch (const std::exception& error) {
    if (std::string(error.what()).find("could not create") == std::string::npos) throw;
    at::globalContext().setUserEnabledMkldnn(false);
    const auto result = compute();
    at::globalContext().setUserEnabledMkldnn(true);
    return result;
  }
}

Tensor conv2d(const Kept& input, const Place& place, const Tensor& offset, const Ints& strides, const Ints& pads,
              const Ints& dilations, int64_t groups, const std::string& activation, const Tensor& slopes,
              double leakyReluAlpha) {
  const Padding pad(pads);
  const at::ScalarType precision = place.addon.precision;
  const Tensor image = input.tensor.to(precision);
  const Tensor filter = laidOut(place, groups);
  // A bias of another shape than [out] is tfjs' broadcasting.
  const bool fused = offset.defined() && offset.dim() == 1 && offset.size(0) > 1;
  if (groups == 1 && fused == offset.defined()) {
    const Windows2d windows = pad.windows(filter.size(2), filter.size(3), strides, dilations);
    const bool relu = activation == "relu";
    const Tensor y = ownConvolution(image, filter.permute({2, 3, 1, 0}), offset, relu, windows,
                                    pad.outRows(image, windows), pad.outColumns(image, windows));
    if (y.defined()) return relu ? y : activate(y, activation, slopes, leakyReluAlpha);
  }
  const Tensor x = forAten(pad.even() ? toChannelsFirst(image) : padded(toChannelsFirst(image), pad));
  const Tensor weights = forAten(filter.to(x.scalar_type()));
  const Tensor bias = fused ? offset.to(x.scalar_type()) : Tensor();
  const Tensor y = toChannelsLast(withAnyLibrary([&] {
                     return at::convolution(x, weights, bias, strides,
                                            pad.even() ? pad.both() : Ints{0, 0}, dilations, false, {0, 0}, groups);
                   })).to(precision).contiguous();
  return activate(fused || !offset.defined() ? y : y + offset.to(precision), activation, slopes, leakyReluAlpha);
}

/// One of the three gradients that ATen computes together: {input, filter, bias}.
Tensor backward(const Tensor& dy, const Tensor& x, const Tensor& filter, const Ints& strides, const Ints& padding,
                const Ints& dilations, int64_t groups, std::array<bool, 3> which) {
  const auto gradients = withAnyLibrary([&] {
    return at::convolution_backward(dy, x, filter, c10::nullopt, strides, padding, dilations, false, {0, 0}, groups,
                                    which);
  });
  return which[0] ? std::get<0>(gradients) : std::get<1>(gradients);
}

Tensor conv2dInputGrad(const Kept& gradient, const Place& filter, const Ints& inputShape, const Ints& strides,
                       const Ints& pads, const Ints& dilations, int64_t groups) {
  const Padding pad(pads);
  const Tensor dyImage = gradient.tensor.to(filter.addon.precision);
  const Tensor weights = laidOut(filter, groups);
  if (groups == 1 && strides == Ints{1, 1}) {
    // Each tap reaches back to where it came from: the same windows with the signs turned.
    const Windows2d windows{weights.size(2), weights.size(3), 1,           1, -pad.top, -pad.left,
                            -dilations[0],   -dilations[1]};
    const Tensor dx = ownConvolution(dyImage, weights.permute({2, 3, 0, 1}), Tensor(), false, windows, inputShape[1],
                                     inputShape[2]);
    if (dx.defined()) return dx;
  }
  const Tensor dy = forAten(toChannelsFirst(dyImage));
  const int64_t rows = inputShape[1] + (pad.even() ? 0 : pad.top + pad.bottom);
  const int64_t columns = inputShape[2] + (pad.even() ? 0 : pad.left + pad.right);
  // Its values are not read, only its shape and layout.
  const Tensor x = forAten(at::empty({inputShape[0], inputShape[3], rows, columns}, dy.options()));
  const Tensor dx = backward(dy, x, forAten(weights.to(dy.scalar_type())), strides,
                             pad.even() ? pad.both() : Ints{0, 0}, dilations, groups, {true, false, false});
  return toChannelsLast(pad.even() ? dx : unpadded(dx, pad)).to(dyImage.scalar_type()).contiguous();
}

/// For tests: see `limitLanes`.
void limitVectors(int64_t lanes) { limitLanes(lanes); }

/// In float32, as the parameters are, whatever it is computed in.
Tensor conv2dFilterGrad(const Kept& input, const Kept& gradient, const Ints& filterShape, const Ints& strides,
                        const Ints& pads, const Ints& dilations, int64_t groups) {
  const Padding pad(pads);
  const bool narrow = input.tensor.scalar_type() == at::kBFloat16 || gradient.tensor.scalar_type() == at::kBFloat16;
  const Tensor dyImage = gradient.tensor.to(narrow ? at::kBFloat16 : at::kFloat);
  const Tensor image = input.tensor.to(narrow ? at::kBFloat16 : at::kFloat);
  if (groups == 1) {
    const Windows2d windows = pad.windows(filterShape[0], filterShape[1], strides, dilations);
    const Tensor result = ownFilterGradient(image, dyImage, windows);
    if (result.defined()) return result.permute({1, 2, 3, 0});
  }
  const Tensor x = forAten(pad.even() ? toChannelsFirst(image) : padded(toChannelsFirst(image), pad));
  // Its values are not read, only its shape and layout.
  const int64_t out = groups == 1 ? filterShape[3] : filterShape[2] * filterShape[3];
  const int64_t in = groups == 1 ? filterShape[2] : 1;
  const Tensor filter = forAten(at::empty({out, in, filterShape[0], filterShape[1]}, x.options()));
  const Tensor dFilter = widened(backward(forAten(toChannelsFirst(dyImage)), x, filter, strides,
                                          pad.even() ? pad.both() : Ints{0, 0}, dilations, groups,
                                          {false, true, false}));
  if (groups == 1) return dFilter.permute({2, 3, 1, 0});
  return dFilter.reshape({filterShape[2], filterShape[3], filterShape[0], filterShape[1]}).permute({2, 3, 0, 1});
}

}  // namespace

std::vector<Export> convolutionKernels() {
  return {
      kernel<conv2d>("conv2d"),
      kernel<conv2dInputGrad>("conv2dInputGrad"),
      kernel<conv2dFilterGrad>("conv2dFilterGrad"),
      kernel<limitVectors>("limitVectors"),
  };
}

}  // namespace crosstask
