// Sums, extrema and softmax along axes.
#include "addon.hpp"

#include <algorithm>
#include <limits>

namespace crosstask {
namespace {

/// ATen takes an empty list of axes for all of them, tfjs for none.
template <typename Reduce>
Tensor overAxes(const Tensor& x, const Ints& axes, Reduce reduce) {
  return axes.empty() ? x : reduce(x, axes);
}

Tensor sum(const Tensor& x, const Ints& axes, bool keepDims) {
  return overAxes(x, axes, [=](const Tensor& t, const Ints& dims) { return at::sum(t, dims, keepDims); });
}
Tensor mean(const Tensor& x, const Ints& axes, bool keepDims) {
  return overAxes(x.is_floating_point() ? x : x.to(at::kFloat), axes,
                  [=](const Tensor& t, const Ints& dims) { return at::mean(t, dims, keepDims); });
}
Tensor max(const Tensor& x, const Ints& axes, bool keepDims) {
  return overAxes(x, axes, [=](const Tensor& t, const Ints& dims) { return at::amax(t, dims, keepDims); });
}
Tensor min(const Tensor& x, const Ints& axes, bool keepDims) {
  return overAxes(x, axes, [=](const Tensor& t, const Ints& dims) { return at::amin(t, dims, keepDims); });
}

/// Reductions that ATen has for one axis only, applied to one after another.
template <typename Reduce>
Tensor oneByOne(Tensor x, Ints axes, bool keepDims, Reduce reduce) {
  std::sort(axes.rbegin(), axes.rend());
  for (const int64_t axis : axes) x = reduce(x, axis, keepDims);
  return x;
}

Tensor prod(const Tensor& x, const Ints& axes, bool keepDims) {
  return oneByOne(x, axes, keepDims, [](const Tensor& t, int64_t d, bool keep) { return at::prod(t, d, keep); });
}
Tensor any(const Tensor& x, const Ints& axes, bool keepDims) {
  return oneByOne(x, axes, keepDims, [](const Tensor& t, int64_t d, bool keep) { return at::any(t, d, keep); });
}
Tensor all(const Tensor& x, const Ints& axes, bool keepDims) {
  return oneByOne(x, axes, keepDims, [](const Tensor& t, int64_t d, bool keep) { return at::all(t, d, keep); });
}

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Tensor argMax(const Tensor& x, int64_t axis) { return at::argmax(withoutNan(x, -kInfinity), axis); }
Tensor argMin(const Tensor& x, int64_t axis) { return at::argmin(withoutNan(x, kInfinity), axis); }

/// `exclusive`: each value is left out of its own sum. `reverse`: from the end.
template <typename Scan>
Tensor scan(const Tensor& x, int64_t axis, bool exclusive, bool reverse, double start, Scan along) {
  Tensor value = reverse ? at::flip(x, {axis}) : x;
  value = along(value, axis);
  if (exclusive && x.size(axis) > 0) {
    const Tensor first = at::full_like(value.narrow(axis, 0, 1), start);
    value = at::cat({first, value.narrow(axis, 0, x.size(axis) - 1)}, axis);
  }
  return reverse ? at::flip(value, {axis}) : value;
}

Tensor cumsum(const Tensor& x, int64_t axis, bool exclusive, bool reverse) {
  return scan(x, axis, exclusive, reverse, 0, [](const Tensor& t, int64_t d) { return at::cumsum(t, d); });
}
Tensor cumprod(const Tensor& x, int64_t axis, bool exclusive, bool reverse) {
  return scan(x, axis, exclusive, reverse, 1, [](const Tensor& t, int64_t d) { return at::cumprod(t, d); });
}

Tensor softmax(const Tensor& x, int64_t axis) { return at::softmax(x, axis); }
Tensor logSoftmax(const Tensor& x, int64_t axis) { return at::log_softmax(x, axis); }

}  // namespace

Tensor withoutNan(const Tensor& x, double instead) {
  return x.is_floating_point() ? at::where(at::isnan(x), at::full({}, instead, x.options()), x) : x.to(at::kInt);
}

std::vector<Export> reductionKernels() {
  return {
      kernel<sum>("sum"),
      kernel<mean>("mean"),
      kernel<max>("max"),
      kernel<min>("min"),
      kernel<prod>("prod"),
      kernel<any>("any"),
      kernel<all>("all"),
      kernel<argMax>("argMax"),
      kernel<argMin>("argMin"),
      kernel<cumsum>("cumsum"),
      kernel<cumprod>("cumprod"),
      kernel<softmax>("softmax"),
      kernel<logSoftmax>("logSoftmax"),
  };
}

}  // namespace crosstask
