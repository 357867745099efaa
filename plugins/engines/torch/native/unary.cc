// Operations on each value of one tensor.
#include "addon.hpp"

namespace crosstask {
namespace {

using UnaryFunction = Tensor (*)(const Tensor&);

// ATen's functions are overloaded; naming one of the overloads here keeps the table below short.
template <UnaryFunction Function>
Tensor unary(const Tensor& x) {
  return Function(x);
}

/// 1 where x > 0, else alpha; NaN stays NaN.
Tensor step(const Tensor& x, double alpha) {
  const Tensor below = at::where(at::isnan(x), x, at::full({}, alpha, x.options()));
  return at::where(x > 0, at::ones({}, x.options()), below);
}
Tensor leakyRelu(const Tensor& x, double alpha) {
  return at::leaky_relu(x.is_floating_point() ? x : x.to(at::kFloat), alpha);
}
Tensor clip(const Tensor& x, double low, double high) { return at::clamp(x, low, high).to(x.scalar_type()); }
Tensor relu(const Kept& x) { return at::relu(x.tensor); }
Tensor relu6(const Tensor& x) { return at::clamp(x, 0, 6); }
Tensor elu(const Tensor& x) { return at::elu(x); }
Tensor softplus(const Tensor& x) { return at::softplus(x); }
Tensor isFinite(const Tensor& x) { return at::isfinite(x); }
Tensor isNan(const Tensor& x) { return at::isnan(x); }
Tensor isInf(const Tensor& x) { return at::isinf(x); }
Tensor cast(const Tensor& x, int64_t dtype) { return x.to(scalarType(dtype)); }

}  // namespace

Tensor activate(Tensor x, const std::string& activation, const Tensor& slopes, double leakyReluAlpha) {
  if (activation == "linear") return x;
  if (activation == "relu") return x.relu_();
  if (activation == "relu6") return x.clamp_(0, 6);
  if (activation == "elu") return at::elu_(x);
  if (activation == "sigmoid") return x.sigmoid_();
  if (activation == "leakyrelu") return at::leaky_relu_(x, leakyReluAlpha);
  TORCH_CHECK(activation == "prelu", "expected an activation, found ", activation);
  return at::where(x < 0, x * slopes, x);
}

std::vector<Export> unaryKernels() {
  return {
      kernel<unary<at::abs>>("abs"),
      kernel<unary<at::acos>>("acos"),
      kernel<unary<at::acosh>>("acosh"),
      kernel<unary<at::asin>>("asin"),
      kernel<unary<at::asinh>>("asinh"),
      kernel<unary<at::atan>>("atan"),
      kernel<unary<at::atanh>>("atanh"),
      kernel<unary<at::ceil>>("ceil"),
      kernel<unary<at::cos>>("cos"),
      kernel<unary<at::cosh>>("cosh"),
      kernel<unary<at::erf>>("erf"),
      kernel<unary<at::exp>>("exp"),
      kernel<unary<at::expm1>>("expm1"),
      kernel<unary<at::floor>>("floor"),
      kernel<unary<at::log>>("log"),
      kernel<unary<at::log1p>>("log1p"),
      kernel<unary<at::logical_not>>("logicalNot"),
      kernel<unary<at::neg>>("neg"),
      kernel<unary<at::reciprocal>>("reciprocal"),
      kernel<relu>("relu"),
      kernel<unary<at::round>>("round"),
      kernel<unary<at::rsqrt>>("rsqrt"),
      kernel<unary<at::selu>>("selu"),
      kernel<unary<at::sigmoid>>("sigmoid"),
      kernel<unary<at::sign>>("sign"),
      kernel<unary<at::sin>>("sin"),
      kernel<unary<at::sinh>>("sinh"),
      kernel<unary<at::sqrt>>("sqrt"),
      kernel<unary<at::square>>("square"),
      kernel<unary<at::tan>>("tan"),
      kernel<unary<at::tanh>>("tanh"),
      kernel<step>("step"),
      kernel<leakyRelu>("leakyRelu"),
      kernel<clip>("clip"),
      kernel<relu6>("relu6"),
      kernel<elu>("elu"),
      kernel<softplus>("softplus"),
      kernel<isFinite>("isFinite"),
      kernel<isNan>("isNan"),
      kernel<isInf>("isInf"),
      kernel<cast>("cast"),
  };
}

}  // namespace crosstask
