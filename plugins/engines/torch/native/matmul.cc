// Matrix products.
#include "addon.hpp"

#include <ATen/ExpandUtils.h>

namespace crosstask {
namespace {

/// Below so many multiplications a library's own overhead is more than a plain product costs.
constexpr int64_t kSmall = 1 << 16;

/// ATen was built with an optimised BLAS, or computes elsewhere. Debian's calls whatever libblas there is, the
/// reference one by default, at 6 GFLOP/s.
bool fastBlas(const Tensor& a) { return !a.device().is_cpu() || at::hasMKL(); }

/// A matrix product as a 1×1 convolution, for which oneDNN has a fast kernel. [m, k] × [k, n] → [m, n]
Tensor asConvolution(const Tensor& a, const Tensor& b) {
  const Tensor image = a.contiguous().reshape({1, a.size(0), 1, a.size(1)}).permute({0, 3, 1, 2});
  const Tensor filter = b.t().contiguous().reshape({b.size(1), b.size(0), 1, 1});
  return at::conv2d(image, filter).permute({0, 2, 3, 1}).reshape({a.size(0), b.size(1)});
}

Tensor product(const Tensor& a, const Tensor& b) {
  // Cards have no product of whole numbers; in double precision it is exact up to 2⁵³.
  if (!a.is_floating_point() && !a.device().is_cpu()) return at::matmul(a.to(at::kDouble), b.to(at::kDouble)).to(at::kInt);
  const int64_t multiplications = a.size(-2) * a.size(-1) * b.size(-1);
  if (!a.is_floating_point() || fastBlas(a) || multiplications < kSmall) return at::matmul(a, b);
  if (a.dim() == 2 && b.dim() == 2) return asConvolution(a, b);
  const Ints batch = at::infer_size(a.sizes().slice(0, a.dim() - 2), b.sizes().slice(0, b.dim() - 2));
  const auto matrices = [&](const Tensor& x) {
    Ints shape = batch;
    shape.insert(shape.end(), {x.size(-2), x.size(-1)});
    return x.expand(shape).reshape({-1, x.size(-2), x.size(-1)});
  };
  const Tensor left = matrices(a);
  const Tensor right = matrices(b);
  Tensors products;
  for (int64_t i = 0; i < left.size(0); i++) products.push_back(asConvolution(left[i], right[i]));
  Ints shape = batch;
  shape.insert(shape.end(), {a.size(-2), b.size(-1)});
  return at::stack(products).reshape(shape);
}

/// [..., m, k] × [..., k, n] with broadcasting, then bias and activation where there are any.
Tensor matmul(const Tensor& left, const Tensor& right, bool transposeLeft, bool transposeRight, const Tensor& bias,
              const std::string& activation, const Tensor& slopes, double leakyReluAlpha) {
  TORCH_CHECK(left.dim() >= 2 && right.dim() >= 2, "expected two matrices, found ranks ", left.dim(), " and ",
              right.dim());
  const Tensor a = transposeLeft ? left.transpose(-1, -2) : left;
  const Tensor b = transposeRight ? right.transpose(-1, -2) : right;
  Tensor y = product(a, b);
  if (bias.defined()) y = y + bias;
  return activate(y, activation, slopes, leakyReluAlpha);
}

}  // namespace

std::vector<Export> matmulKernels() { return {kernel<matmul>("matmul")}; }

}  // namespace crosstask
