// Batch normalisation over all but the last axis.
#include "addon.hpp"
#include "batch_norm_cpu.hpp"

namespace crosstask {
namespace {

/// [rows, channels] whatever the shape was.
Tensor rowsOf(const Tensor& x) { return x.reshape({-1, x.size(-1)}); }

/// With given statistics: (x − μ)/√(σ² + ε) · γ + β.
Tensor batchNorm(const Tensor& x, const Tensor& mean, const Tensor& variance, const Tensor& offset,
                 const Tensor& scale, double epsilon) {
  Tensor factor = at::rsqrt(variance + epsilon);
  if (scale.defined()) factor = factor * scale;
  Tensor shift = -mean * factor;
  if (offset.defined()) shift = shift + offset;
  return at::addcmul(shift, x, factor);
}

/// With the batch's own statistics, then ReLU if asked: {y, mean, variance (biased), 1/√(variance + ε)}.
Tensors batchNormTrain(const Kept& image, const Tensor& scale, const Tensor& offset, double epsilon, bool relu) {
  const Tensor& x = image.tensor;
  if (suitsBatchNormLoops(x)) return batchNormOnCpu(x, scale, offset, epsilon, relu);
  const auto [y, mean, inverse] = at::native_batch_norm(rowsOf(x), scale, offset, {}, {}, true, 0, epsilon);
  const Tensor variance = at::reciprocal(inverse * inverse) - epsilon;
  if (relu) at::relu_(const_cast<Tensor&>(y));
  return {y.reshape(x.sizes()), mean, variance, inverse};
}

/// {dx, dγ, dβ}. Whether ReLU let a value pass is computed again rather than kept.
Tensors batchNormTrainGrad(const Kept& gradient, const Kept& image, const Tensor& mean, const Tensor& inverse,
                           const Tensor& scale, const Tensor& offset, double epsilon, bool relu) {
  const Tensor& x = image.tensor;
  if (suitsBatchNormLoops(x) && suitsBatchNormLoops(gradient.tensor))
    return batchNormGradientOnCpu(gradient.tensor, x, mean, inverse, scale, offset, relu);
  Tensor dz = gradient.tensor.to(x.scalar_type());
  if (relu) {
    const Tensor factor = scale * inverse;
    dz = at::threshold_backward(dz, at::addcmul(offset - mean * factor, x, factor).to(x.scalar_type()), 0);
  }
  const auto [dx, dScale, dOffset] = at::native_batch_norm_backward(rowsOf(dz), rowsOf(x), scale, {}, {}, mean, inverse,
                                                                   true, epsilon, {true, true, true});
  return {dx.reshape(x.sizes()), dScale, dOffset};
}

}  // namespace

std::vector<Export> normalizationKernels() {
  return {
      kernel<batchNorm>("batchNorm"),
      kernel<batchNormTrain>("batchNormTrain"),
      kernel<batchNormTrainGrad>("batchNormTrainGrad"),
  };
}

}  // namespace crosstask
