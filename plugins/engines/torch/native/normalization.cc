// Batch normalisation over all but the last axis.
#include "addon.hpp"

#include <ATen/Parallel.h>

#include <algorithm>

#include "vectorized.hpp"

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
  const Tensor rows = rowsOf(x);
  const auto [y, mean, inverse] = at::native_batch_norm(rows, scale, offset, {}, {}, true, 0, epsilon);
  const Tensor variance = at::reciprocal(inverse * inverse) - epsilon;
  if (relu) at::relu_(const_cast<Tensor&>(y));
  return {y.reshape(x.sizes()), mean, variance, inverse};
}

/// The gradient on the processor, in two passes over dy and x. With z = x · factor + shift, what ReLU gets:
/// dz = dy where z > 0 or nothing follows; dx = dz · a + x · b + c by channel.
struct BatchNormGradient {
  const float *dy, *x;
  int64_t channels;
  const float *mean, *inverse, *factor, *shift;
  bool relu;

  static bool suits(const Tensor& dy, const Tensor& x) {
    return dy.device().is_cpu() && dy.scalar_type() == at::kFloat && x.scalar_type() == at::kFloat;
  }
};

/// sums[c] += Σ dz, products[c] += Σ dz · x̂ over some rows.
CROSSTASK_VECTORIZED void addSums(const BatchNormGradient& g, int64_t first, int64_t last, float* __restrict sums,
                                  float* __restrict products) {
  const float* __restrict mean = g.mean;
  const float* __restrict inverse = g.inverse;
  const float* __restrict factor = g.factor;
  const float* __restrict shift = g.shift;
  for (int64_t row = first; row < last; row++) {
    const float* __restrict dy = g.dy + row * g.channels;
    const float* __restrict x = g.x + row * g.channels;
    for (int64_t c = 0; c < g.channels; c++) {
      const bool passes = !g.relu || x[c] * factor[c] + shift[c] > 0;
      const float dz = passes ? dy[c] : 0;
      sums[c] += dz;
      products[c] += dz * (x[c] - mean[c]) * inverse[c];
    }
  }
}

CROSSTASK_VECTORIZED void writeGradient(const BatchNormGradient& g, int64_t first, int64_t last,
                                        const float* __restrict sums, const float* __restrict products, float count,
                                        float* __restrict dx) {
  const float* __restrict mean = g.mean;
  const float* __restrict inverse = g.inverse;
  const float* __restrict factor = g.factor;
  const float* __restrict shift = g.shift;
  for (int64_t row = first; row < last; row++) {
    const float* __restrict dy = g.dy + row * g.channels;
    const float* __restrict x = g.x + row * g.channels;
    float* __restrict to = dx + row * g.channels;
    for (int64_t c = 0; c < g.channels; c++) {
      const bool passes = !g.relu || x[c] * factor[c] + shift[c] > 0;
      const float dz = passes ? dy[c] : 0;
      const float normal = (x[c] - mean[c]) * inverse[c];
      to[c] = factor[c] * (dz - (sums[c] + normal * products[c]) / count);
    }
  }
}

/// Rows added up in float32 before they go into a sum of sums: a long chain of additions would lose digits.
constexpr int64_t kChain = 256;

Tensors gradientOnCpu(const BatchNormGradient& g, const Tensor& x) {
  const int64_t rows = x.numel() / g.channels, parts = (rows + kChain - 1) / kChain;
  const Tensor partial = at::zeros({2, parts, g.channels}, x.options().dtype(at::kFloat));
  float* sums = partial.data_ptr<float>();
  float* products = sums + parts * g.channels;
  at::parallel_for(0, parts, 16, [&](int64_t begin, int64_t end) {
    for (int64_t part = begin; part < end; part++)
      addSums(g, part * kChain, std::min(rows, (part + 1) * kChain), sums + part * g.channels,
              products + part * g.channels);
  });
  const Tensor totals = at::sum(partial, {1});
  const Tensor dx = at::empty(x.sizes(), x.options());
  const float* total = totals.data_ptr<float>();
  at::parallel_for(0, rows, kChain, [&](int64_t begin, int64_t end) {
    writeGradient(g, begin, end, total, total + g.channels, float(rows), dx.data_ptr<float>());
  });
  return {dx, totals[1].clone(), totals[0].clone()};
}

/// {dx, dγ, dβ}. Whether ReLU let a value pass is computed again rather than kept.
Tensors batchNormTrainGrad(const Kept& gradient, const Kept& image, const Tensor& mean, const Tensor& inverse,
                           const Tensor& scale, const Tensor& offset, double epsilon, bool relu) {
  const Tensor& x = image.tensor;
  const Tensor factor = scale * inverse;
  const Tensor shift = offset - mean * factor;
  if (BatchNormGradient::suits(gradient.tensor, x)) {
    const Tensor dy = gradient.tensor.contiguous(), dense = x.contiguous();
    return gradientOnCpu({dy.data_ptr<float>(), dense.data_ptr<float>(), x.size(-1), mean.data_ptr<float>(),
                          inverse.data_ptr<float>(), factor.data_ptr<float>(), shift.data_ptr<float>(), relu},
                         dense);
  }
  Tensor dz = gradient.tensor.to(x.scalar_type());
  if (relu) dz = at::threshold_backward(dz, at::addcmul(shift, x, factor).to(x.scalar_type()), 0);
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
