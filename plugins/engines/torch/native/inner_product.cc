// ⟨a, b⟩ over all values of two tensors, as gradients are compared and measured: one pass over memory.
#include "addon.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

#include "vectorized.hpp"

namespace crosstask {
namespace {

/// Values that are added up together; the parts' sums are added in order, whatever the number of threads.
constexpr int64_t kPart = 1 << 14;
constexpr int64_t kSums = 16;

/// In double precision: sums of what lies otherwise in memory then agree once they are rounded to float32.
CROSSTASK_VECTORIZED double partOf(const float* __restrict a, const float* __restrict b, int64_t count) {
  double sums[kSums] = {};
  const int64_t whole = count / kSums * kSums;
  for (int64_t i = 0; i < whole; i += kSums)
    for (int64_t j = 0; j < kSums; j++) sums[j] += double(a[i + j]) * double(b[i + j]);
  for (int64_t i = whole; i < count; i++) sums[i - whole] += double(a[i]) * double(b[i]);
  double total = 0;
  for (const double sum : sums) total += sum;
  return total;
}

Tensor innerProduct(const Tensor& left, const Tensor& right) {
  if (!left.device().is_cpu()) return at::sum(left.to(at::kDouble) * right.to(at::kDouble)).to(at::kFloat);
  const bool alike = left.strides() == right.strides() && left.is_non_overlapping_and_dense();
  const Tensor a = (alike ? left : left.contiguous()).to(at::kFloat);
  const Tensor b = (alike ? right : right.contiguous()).to(at::kFloat);
  const int64_t count = a.numel(), parts = (count + kPart - 1) / kPart;
  std::vector<double> sums(parts);
  at::parallel_for(0, parts, 4, [&](int64_t begin, int64_t end) {
    for (int64_t part = begin; part < end; part++) {
      const int64_t first = part * kPart;
      sums[part] = partOf(a.data_ptr<float>() + first, b.data_ptr<float>() + first, std::min(kPart, count - first));
    }
  });
  double total = 0;
  for (const double sum : sums) total += sum;
  return at::full({}, total, a.options());
}

}  // namespace

std::vector<Export> innerProductKernels() { return {kernel<innerProduct>("innerProduct")}; }

}  // namespace crosstask
