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

void onCpu(const Adam& adam, const Tensors& p, const Tensors& g, const Tensors& m, const Tensors& v) {
  for (size_t i = 0; i < p.size(); i++) {
    at::parallel_for(0, p[i].numel(), 1 << 15, [&](int64_t begin, int64_t end) {
      move(adam, end - begin, p[i].data_ptr<float>() + begin, g[i].data_ptr<float>() + begin,
           m[i].data_ptr<float>() + begin, v[i].data_ptr<float>() + begin);
    });
  }
}

/// Each operation on all parameters at once: on a card, hundreds of small ones take longer to launch than to compute.
void elsewhere(const Adam& adam, const Tensors& p, const Tensors& g, const Tensors& m, const Tensors& v) {
  const Tensors slopes = adam.l2 == 0 ? g : at::_foreach_add(g, p, adam.l2);
  at::_foreach_mul_(m, adam.beta1);
  at::_foreach_add_(m, slopes);
  at::_foreach_mul_(v, adam.beta2);
  at::_foreach_addcmul_(v, slopes, slopes);
  const Tensors divisors = at::_foreach_sqrt(v);
  at::_foreach_add_(divisors, adam.epsilon);
  at::_foreach_mul_(p, adam.keep);
  at::_foreach_addcdiv_(p, m, divisors, -adam.rate);
}

/// adam(parameters, gradients, m, v, {β₁, β₂, A, E, L2 decay, 1 − decoupled decay}): all but the gradients change in
/// place.
void adam(const Places& parameters, const Tensors& gradients, const Places& m, const Places& v, double beta1,
          double beta2, double rate, double epsilon, double l2, double keep) {
  const Adam step{float(beta1), float(beta2), float(rate), float(epsilon), float(l2), float(keep)};
  Tensors p, g, first, second;
  for (size_t i = 0; i < parameters.size(); i++) {
    p.push_back(dense(parameters[i]));
    g.push_back(laidOutAs(p[i], gradients[i]));
    first.push_back(laidOutAs(p[i], m[i]));
    second.push_back(laidOutAs(p[i], v[i]));
  }
  if (p.empty()) return;
  const auto compute = p[0].device().is_cpu() ? onCpu : elsewhere;
  compute(step, p, g, first, second);
}

}  // namespace

std::vector<Export> optimizerKernels() { return {kernel<adam>("adam")}; }

}  // namespace crosstask
