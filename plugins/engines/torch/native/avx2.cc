// The convolutions for AVX2: vectors of 8, 16 registers.
#include "convolution_kernels.hpp"

#if defined(__x86_64__)

#define CROSSTASK_LANES 8
#include "direct_convolution.hpp"
#include "winograd_filter.hpp"
#include "winograd_forward.hpp"

namespace crosstask {

const ConvolutionKernels* avx2Kernels() {
  static const ConvolutionKernels kernels{kLanes,
                                          directConvolution<float>,
                                          directFilterGradient,
                                          winogradConvolution<float>,
                                          winogradFilterGradient<float>,
                                          nullptr,
                                          nullptr,
                                          nullptr};
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &kernels : nullptr;
}

}  // namespace crosstask

#else

namespace crosstask {

const ConvolutionKernels* avx2Kernels() { return nullptr; }

}  // namespace crosstask

#endif
