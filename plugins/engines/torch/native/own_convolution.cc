// Which convolution is computed how. With AVX-512 oneDNN's direct kernels reach what two cores give in the forward pass
// (220 GFLOP/s, 450 in bfloat16) and three quarters of it in the gradients; with AVX2 and channels innermost 50 (the
// filter's gradient) to 110 of 200. Winograd's filtering needs 4 multiplications where the definition has 9; oneDNN does
// not use it with channels innermost. What that does not suit is left to oneDNN where there is AVX-512.
#include "own_convolution.hpp"

#include <atomic>
#include <cstdlib>

namespace crosstask {
namespace {

std::atomic<int64_t> mostLanes{16};

const ConvolutionKernels* kernelsFor(const at::Tensor& x) {
  static const ConvolutionKernels *const wide = avx512Kernels(), *const narrow = avx2Kernels();
  if (!x.device().is_cpu()) return nullptr;
  return wide && mostLanes >= wide->lanes ? wide : mostLanes >= 8 ? narrow : nullptr;
}

/// With fewer channels to sum over, the direct kernels spend their time on loading and storing sums.
constexpr int64_t kFewest = 4;

/// Fewer pixels are not worth the filter's transform, fewer channels not the image's.
constexpr int64_t kFewestPixels = 32, kFewestChannels = 32;

/// 3×3 windows that move by one pixel, with enough channels, in whole vectors, and pixels of the result.
bool suitsWinograd(const Windows2d& windows, int64_t in, int64_t out, int64_t pixels, int64_t lanes) {
  return windows.height == 3 && windows.width == 3 && windows.rowStride == 1 && windows.columnStride == 1 &&
         std::abs(windows.rowDilation) == 1 && windows.columnDilation == windows.rowDilation && in % lanes == 0 &&
         out % lanes == 0 && in >= kFewestChannels && out >= kFewestChannels && pixels >= kFewestPixels;
}

Image imageOf(const at::Tensor& x) { return {x.data_ptr(), x.size(0), x.size(1), x.size(2), x.size(3)}; }

/// A single tap.
bool isPoint(const Windows2d& windows) { return windows.height == 1 && windows.width == 1; }

/// Whether libtorch's kernels are slow: oneDNN's with AVX2, and those that lead from single pixels to no more channels than
/// a vector holds, such as the scores of seven classes. They lay images out anew, take several times as long, and whatever
/// else uses the memory slows them.
bool lacksLibrary(const ConvolutionKernels& kernels, int64_t out, const Windows2d& windows) {
  return kernels.lanes < 16 || (isPoint(windows) && out <= kernels.lanes);
}

/// How many channels it takes to fill a vector.
int64_t missingFrom(int64_t channels, int64_t lanes) { return (lanes - channels % lanes) % lanes; }

bool isNarrow(const at::Tensor& x) { return x.scalar_type() == at::kBFloat16; }

/// Winograd's kernel for the type of x, if there is one and it is worth it.
template <typename Problem>
auto winogradFor(const ConvolutionKernels& kernels, Problem* wide, Problem* narrow, const at::Tensor& x, int64_t out,
                 int64_t pixels, const Windows2d& windows) {
  const int64_t lanes = isNarrow(x) ? 2 * kernels.lanes : kernels.lanes;
  const bool suits = suitsWinograd(windows, x.size(3), out, pixels, lanes);
  return suits ? isNarrow(x) ? narrow : wide : nullptr;
}

/// The direct kernel, if there is one and it is worth it.
auto directFor(const ConvolutionKernels& kernels, const at::Tensor& x, const at::Tensor& bias, bool relu, int64_t out,
               const Windows2d& windows) -> decltype(kernels.direct) {
  if (out % kernels.lanes != 0) return nullptr;
  // oneDNN pads a few channels to a vector of them.
  const bool thin = isPoint(windows) && x.size(3) < kernels.lanes;
  if (isNarrow(x)) return thin && !bias.defined() && !relu ? kernels.narrowingDirect : nullptr;
  return thin || (lacksLibrary(kernels, out, windows) && x.size(3) >= kFewest) ? kernels.direct : nullptr;
}

}  // namespace

bool lacksAvx512() {
#if defined(__x86_64__)
  return !__builtin_cpu_supports("avx512f");
#else
  return false;
#endif
}

void limitLanes(int64_t lanes) { mostLanes = lanes; }

at::Tensor ownConvolution(const at::Tensor& x, const at::Tensor& filter, const at::Tensor& bias, bool relu,
                          const Windows2d& windows, int64_t outRows, int64_t outColumns) {
  const ConvolutionKernels* const kernels = kernelsFor(x);
  if (!kernels) return {};
  const int64_t out = filter.size(3), missing = missingFrom(out, kernels->lanes);
  if (missing > 0 && lacksLibrary(*kernels, out, windows) && !isNarrow(x) && x.size(3) >= kFewest) {
    // Part of a vector, with zeros beside it.
    const auto whole = [missing](const at::Tensor& t) { return t.defined() ? at::constant_pad_nd(t, {0, missing}) : t; };
    return ownConvolution(x, whole(filter), whole(bias), relu, windows, outRows, outColumns).narrow(3, 0, out).contiguous();
  }
  auto* const winograd = winogradFor(*kernels, kernels->winograd, kernels->narrowWinograd, x, out,
                                     x.size(0) * outRows * outColumns, windows);
  auto* const direct = directFor(*kernels, x, bias, relu, out, windows);
  if (!winograd && !direct) return {};
  // The direct kernels read float32.
  const at::Tensor dense = (winograd ? x : x.to(at::kFloat)).contiguous();
  const at::Tensor offset = bias.defined() ? bias.contiguous() : bias;
  const at::Tensor y = at::empty({x.size(0), outRows, outColumns, out}, x.options());
  ForwardProblem problem{
      imageOf(dense),
      imageOf(y),
      {filter.data_ptr<float>(), filter.stride(0), filter.stride(1), filter.stride(2), filter.stride(3)},
      offset.defined() ? offset.data_ptr<float>() : nullptr,
      relu,
      windows};
  if (!winograd) {
    direct(problem);
    return y;
  }
  if (windows.rowDilation < 0) {
    // Windows that reach back are those of a filter that is turned around.
    Filter& turned = problem.filter;
    turned = {turned.at(2, 2, 0, 0), -turned.row, -turned.column, turned.in, turned.out};
    problem.windows.top += 2;
    problem.windows.left += 2;
  }
  winograd(problem);
  return y;
}

at::Tensor ownFilterGradient(const at::Tensor& x, const at::Tensor& dy, const Windows2d& windows) {
  const ConvolutionKernels* const kernels = kernelsFor(x);
  if (!kernels) return {};
  auto* const winograd = winogradFor(*kernels, kernels->winogradFilter, kernels->narrowWinogradFilter, x, dy.size(3),
                                     dy.numel() / dy.size(3), windows);
  const int64_t in = x.size(3), missing = missingFrom(in, kernels->lanes);
  // Of few channels, windows that move by more than a pixel are ATen's: zeros beside the channels would take longer.
  const bool everyPixel = windows.rowStride == 1 && windows.columnStride == 1;
  const bool direct = lacksLibrary(*kernels, dy.size(3), windows) && !isNarrow(x) && (missing == 0 || everyPixel);
  if (!winograd && !direct) return {};
  if (!winograd && missing > 0)
    return ownFilterGradient(at::constant_pad_nd(x, {0, missing}), dy, windows).narrow(3, 0, in).contiguous();
  const at::Tensor image = x.contiguous(), slopes = dy.contiguous();
  const at::Tensor result = at::empty({dy.size(3), windows.height, windows.width, x.size(3)},
                                      x.options().dtype(at::kFloat));
  const FilterProblem problem{imageOf(image), imageOf(slopes), result.data_ptr<float>(), windows};
  (winograd ? winograd : kernels->directFilter)(problem);
  return result;
}

}  // namespace crosstask
