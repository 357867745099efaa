// Training batch norm on the processor, in loops of the addon's own.
#pragma once

#include "addon.hpp"

namespace crosstask {

/// What batch norm's loops take: values on the processor in float32.
inline bool suitsBatchNormLoops(const Tensor& x) { return x.device().is_cpu() && x.scalar_type() == at::kFloat; }

/// {y, mean, variance (biased), 1/√(variance + ε)} of y = (x − mean) · scale/√(variance + ε) + offset, then ReLU if asked.
/// The same bits with any number of threads.
/// @param x [..., channels]; all but `y` and `x` are [channels]
Tensors batchNormOnCpu(const Tensor& x, const Tensor& scale, const Tensor& offset, double epsilon, bool relu);

/// {dx, dscale, doffset}. Whether ReLU let a value pass is computed again rather than kept.
Tensors batchNormGradientOnCpu(const Tensor& dy, const Tensor& x, const Tensor& mean, const Tensor& inverse,
                               const Tensor& scale, const Tensor& offset, bool relu);

}  // namespace crosstask
