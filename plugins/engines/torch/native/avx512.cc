// The convolutions for AVX-512: vectors of 16, 32 registers.
#include "convolution_kernels.hpp"

#if defined(__x86_64__)

#define CROSSTASK_LANES 16
#include "direct_convolution.hpp"
#include "winograd_filter.hpp"
#include "winograd_forward.hpp"

namespace crosstask {
namespace {

bool has(bool bfloat16) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         (!bfloat16 || __builtin_cpu_supports("avx512bf16"));
}

}  // namespace

const ConvolutionKernels* avx512Kernels() {
  static const ConvolutionKernels kernels{kLanes,
                                          directConvolution<float>,
                                          directFilterGradient,
                                          winogradConvolution<float>,
                                          winogradFilterGradient<float>,
                                          has(true) ? winogradConvolution<Bfloat16> : nullptr,
                                          has(true) ? winogradFilterGradient<Bfloat16> : nullptr,
                                          has(true) ? directConvolution<Bfloat16> : nullptr};
  return has(false) ? &kernels : nullptr;
}

}  // namespace crosstask

#else

namespace crosstask {

const ConvolutionKernels* avx512Kernels() { return nullptr; }

}  // namespace crosstask

#endif
