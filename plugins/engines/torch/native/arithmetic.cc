// Operations on two tensors, with broadcasting.
#include "addon.hpp"

namespace crosstask {
namespace {

Tensor add(const Kept& a, const Kept& b) { return at::add(a.tensor, b.tensor); }
Tensor sub(const Tensor& a, const Tensor& b) { return at::sub(a, b); }
Tensor mul(const Tensor& a, const Tensor& b) { return at::mul(a, b); }
Tensor realDiv(const Tensor& a, const Tensor& b) { return at::div(a, b); }
Tensor floorDiv(const Tensor& a, const Tensor& b) {
  return at::floor(at::div(a.to(at::kDouble), b)).to(a.scalar_type());
}
Tensor mod(const Tensor& a, const Tensor& b) { return at::remainder(a, b); }
Tensor pow(const Tensor& a, const Tensor& b) { return at::pow(a, b); }
Tensor maximum(const Tensor& a, const Tensor& b) { return at::maximum(a, b); }
Tensor minimum(const Tensor& a, const Tensor& b) { return at::minimum(a, b); }
Tensor squaredDifference(const Tensor& a, const Tensor& b) { return at::square(at::sub(a, b)); }
Tensor atan2(const Tensor& a, const Tensor& b) { return at::atan2(a, b); }
Tensor prelu(const Tensor& x, const Tensor& alpha) { return at::where(x < 0, at::mul(x, alpha), x); }

Tensor equal(const Tensor& a, const Tensor& b) { return at::eq(a, b); }
Tensor notEqual(const Tensor& a, const Tensor& b) { return at::ne(a, b); }
Tensor less(const Tensor& a, const Tensor& b) { return at::lt(a, b); }
Tensor lessEqual(const Tensor& a, const Tensor& b) { return at::le(a, b); }
Tensor greater(const Tensor& a, const Tensor& b) { return at::gt(a, b); }
Tensor greaterEqual(const Tensor& a, const Tensor& b) { return at::ge(a, b); }
Tensor logicalAnd(const Tensor& a, const Tensor& b) { return at::logical_and(a, b); }
Tensor logicalOr(const Tensor& a, const Tensor& b) { return at::logical_or(a, b); }

/// A condition of lower rank chooses along the first axes.
Tensor select(const Tensor& condition, const Tensor& a, const Tensor& b) {
  Ints shape(condition.sizes().begin(), condition.sizes().end());
  shape.resize(std::max<size_t>(shape.size(), a.dim()), 1);
  return at::where(condition.to(at::kBool).reshape(shape), a, b);
}

Tensor addN(const Tensors& terms) {
  Tensor sum = terms[0].clone();
  for (size_t i = 1; i < terms.size(); i++) sum.add_(terms[i]);
  return sum;
}

/// relu(a + b), as a residual block ends.
Tensor addRelu(const Kept& a, const Kept& b) { return at::add(a.tensor, b.tensor).relu_(); }

/// dy where the activation's output is positive, else 0.
Tensor reluGrad(const Kept& dy, const Kept& y) {
  return at::threshold_backward(dy.tensor.to(y.tensor.scalar_type()), y.tensor, 0);
}

/// y is elu's output.
Tensor eluGrad(const Tensor& dy, const Tensor& y) { return at::where(y >= 0, dy, dy * (y + 1)); }

}  // namespace

std::vector<Export> arithmeticKernels() {
  return {
      kernel<add>("add"),
      kernel<sub>("sub"),
      kernel<mul>("mul"),
      kernel<realDiv>("realDiv"),
      kernel<floorDiv>("floorDiv"),
      kernel<mod>("mod"),
      kernel<pow>("pow"),
      kernel<maximum>("maximum"),
      kernel<minimum>("minimum"),
      kernel<squaredDifference>("squaredDifference"),
      kernel<atan2>("atan2"),
      kernel<prelu>("prelu"),
      kernel<equal>("equal"),
      kernel<notEqual>("notEqual"),
      kernel<less>("less"),
      kernel<lessEqual>("lessEqual"),
      kernel<greater>("greater"),
      kernel<greaterEqual>("greaterEqual"),
      kernel<logicalAnd>("logicalAnd"),
      kernel<logicalOr>("logicalOr"),
      kernel<select>("select"),
      kernel<addN>("addN"),
      kernel<addRelu>("addRelu"),
      kernel<reluGrad>("reluGrad"),
      kernel<eluGrad>("eluGrad"),
  };
}

}  // namespace crosstask
