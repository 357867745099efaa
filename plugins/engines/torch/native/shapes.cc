// What moves values about or makes new ones: no arithmetic.
#include "addon.hpp"

namespace crosstask {
namespace {

Tensor reshape(const Kept& x, const Ints& shape) { return x.tensor.reshape(shape); }
Tensor copy(const Kept& x) { return x.tensor.clone(); }
Tensor transpose(const Kept& x, const Ints& order) { return x.tensor.permute(order); }
Tensor concat(const KeptTensors& parts, int64_t axis) {
  Tensors tensors;
  for (const Kept& part : parts) tensors.push_back(part.tensor);
  return at::cat(tensors, axis);
}
Tensor tile(const Tensor& x, const Ints& times) { return x.repeat(times); }
Tensor reverse(const Tensor& x, const Ints& axes) { return at::flip(x, axes); }
Tensor stack(const Tensors& parts, int64_t axis) { return at::stack(parts, axis); }

/// A copy, not a view: a small part must not keep a large tensor's memory.
Tensor slice(const Kept& x, const Ints& begin, const Ints& size) {
  Tensor part = x.tensor;
  for (size_t axis = 0; axis < begin.size(); axis++) part = part.narrow(int64_t(axis), begin[axis], size[axis]);
  return part.clone(at::MemoryFormat::Contiguous);
}

/// Every step[i]-th value from begin[i] up to end[i]; steps are positive.
Tensor stridedSlice(const Tensor& x, const Ints& begin, const Ints& end, const Ints& steps) {
  Tensor part = x;
  for (size_t axis = 0; axis < begin.size(); axis++)
    part = part.slice(int64_t(axis), begin[axis], end[axis], steps[axis]);
  return part.clone(at::MemoryFormat::Contiguous);
}

/// sides: {before, after} of the first axis, then of the second …
Tensor pad(const Tensor& x, const Ints& sides, double value) {
  Ints lastFirst;
  for (int64_t axis = x.dim() - 1; axis >= 0; axis--) {
    lastFirst.push_back(sides[2 * axis]);
    lastFirst.push_back(sides[2 * axis + 1]);
  }
  return at::constant_pad_nd(x, lastFirst, value);
}

Tensors unstack(const Tensor& x, int64_t axis) {
  Tensors parts = at::unbind(x, axis);
  for (Tensor& part : parts) part = part.clone(at::MemoryFormat::Contiguous);
  return parts;
}

Tensors split(const Kept& x, const Ints& sizes, int64_t axis) {
  Tensors parts = at::split_with_sizes(x.tensor, sizes, axis);
  for (Tensor& part : parts) part = part.clone(at::MemoryFormat::Contiguous);
  return parts;
}

Tensor zerosLike(const Tensor& x) { return at::zeros_like(x); }
Tensor onesLike(const Tensor& x) { return at::ones_like(x); }

}  // namespace

std::vector<Export> shapeKernels() {
  return {
      kernel<reshape>("reshape"),
      kernel<copy>("copy"),
      kernel<transpose>("transpose"),
      kernel<concat>("concat"),
      kernel<tile>("tile"),
      kernel<reverse>("reverse"),
      kernel<stack>("stack"),
      kernel<slice>("slice"),
      kernel<stridedSlice>("stridedSlice"),
      kernel<pad>("pad"),
      kernel<unstack>("unstack"),
      kernel<split>("split"),
      kernel<zerosLike>("zerosLike"),
      kernel<onesLike>("onesLike"),
  };
}

}  // namespace crosstask
