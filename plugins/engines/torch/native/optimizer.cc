// An optimizer's step over all parameters in one call, in place.
#include "addon.hpp"

#include <ATen/Parallel.h>

#include <cmath>

#include "vectorized.hpp"

namespace crosstask {
namespace {

/// The constants of one step, see plugins/optimizers/adam-optimizer.ts.
struct Adam {
  float beta1, beta2, rate, epsilon, l2, keep;
};

/// A parameter as the step changes it: float32, and one place in memory for each value.
Tensor dense(const Place& place) {
  const Tensor& x = place.tensor();
  if (x.scalar_type() != at::kFloat || !x.is_non_overlapping_and_dense()) place.replace(x.to(at::kFloat).contiguous());
  return place.tensor();
}

/// Of one type and layout, so that value i of both belongs together.
bool sameLayout(const Tensor& parameter, const Tensor& other) {
  // The stride of an axis of one value says nothing.
  for (int64_t axis = 0; axis < parameter.dim(); axis++)
    if (parameter.size(axis) > 1 && parameter.stride(axis) != other.stride(axis)) return false;
  return parameter.scalar_type() == other.scalar_type();
}

/// The values as the parameter's lie. What a checkpoint brings back lies otherwise than in the run that wrote it, and
/// has to come to the same bits.
Tensor laidOutAs(const Tensor& parameter, const Tensor& x) {
  if (sameLayout(parameter, x)) return x;
  return at::empty_strided(parameter.sizes(), parameter.strides(), parameter.options()).copy_(x);
}

/// A moment, which stays laid out so.
Tensor laidOutAs(const Tensor& parameter, const Place& moment) {
  moment.replace(laidOutAs(parameter, moment.tensor()));
  return moment.tensor();
}

/// One pass over memory instead of a dozen.
CROSSTASK_VECTORIZED void move(const Adam& adam, int64_t count, float* __restrict p, const float* __restrict g,
                               float* __restrict m, float* __restrict v) {
  const Adam by = adam;
  for (int64_t i = 0; i < count; i++) {
    const float slope = g[i] + by.l2 * p[i];
    m[i] = by.beta1 * m[i] + slope;
    v[i] = by.beta2 * v[i] + slope * slope;
    p[i] = by.keep * p[i] - by.rate * m[i] / (std::sqrt(v[i]) + by.epsilon);
  }
}

void onCpu(const Adam& adam, const Tensor& parameter, const Tensor& gradient, const Tensor& m, const Tensor& v) {
  at::parallel_for(0, parameter.numel(), 1 << 15, [&](int64_t begin, int64_t end) {
    move(adam, end - begin, parameter.data_ptr<float>() + begin, gradient.data_ptr<float>() + begin,
         m.data_ptr<float>() + begin, v.data_ptr<float>() + begin);
  });
}

void elsewhere(const Adam& adam, const Tensor& parameter, const Tensor& gradient, const Tensor& m, const Tensor& v) {
  const Tensor slope = adam.l2 == 0 ? gradient : at::add(gradient, parameter, adam.l2);
  m.mul_(adam.beta1).add_(slope);
  v.mul_(adam.beta2).addcmul_(slope, slope);
  parameter.mul_(adam.keep).addcdiv_(m, at::sqrt(v).add_(adam.epsilon), -adam.rate);
}

/// adam(parameters, gradients, m, v, {β₁, β₂, A, E, L2 decay, 1 − decoupled decay}): all but the gradients change in
/// place.
void adam(const Places& parameters, const Tensors& gradients, const Places& m, const Places& v, double beta1,
          double beta2, double rate, double epsilon, double l2, double keep) {
  const Adam step{float(beta1), float(beta2), float(rate), float(epsilon), float(l2), float(keep)};
  for (size_t i = 0; i < parameters.size(); i++) {
    const Tensor parameter = dense(parameters[i]);
    const auto compute = parameter.device().is_cpu() ? onCpu : elsewhere;
    compute(step, parameter, laidOutAs(parameter, gradients[i]), laidOutAs(parameter, m[i]),
            laidOutAs(parameter, v[i]));
  }
}

}  // namespace

std::vector<Export> optimizerKernels() { return {kernel<adam>("adam")}; }

}  // namespace crosstask
