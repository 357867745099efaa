// Values picked, or put, by index.
#include "addon.hpp"

namespace crosstask {
namespace {

/// The values of x at places along one axis, in the indices' order.
Tensor gather(const Tensor& x, const Tensor& indices, int64_t axis) {
  const Tensor places = indices.to(at::kLong).reshape({-1});
  if (places.numel() > 0) {
    const int64_t last = x.size(axis) - 1;
    for (const int64_t place : {places.min().item<int64_t>(), places.max().item<int64_t>()})
      TORCH_CHECK(place >= 0 && place <= last, "GatherV2: the index value ", place, " is not in [0, ", last, "]");
  }
  return at::index_select(x, axis, places);
}

/// [..., depth]: `on` at the index, `off` elsewhere; all `off` where the index is out of range.
Tensor oneHot(const Tensor& indices, int64_t depth, double on, double off, int64_t dtype) {
  const Tensor classes = at::arange(depth, indices.options().dtype(at::kInt));
  const Tensor hit = at::eq(indices.unsqueeze(-1), classes);
  const auto options = indices.options().dtype(scalarType(dtype));
  return at::where(hit, at::full({}, on, options), at::full({}, off, options));
}

}  // namespace

std::vector<Export> indexingKernels() {
  return {
      kernel<gather>("gather"),
      kernel<oneHot>("oneHot"),
  };
}

}  // namespace crosstask
