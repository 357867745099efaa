// What every kernel file builds on: tensors in slots, JavaScript arguments to C++ ones, results back.
#pragma once

#define NAPI_VERSION 8
#include <node_api.h>

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace crosstask {

using at::Tensor;
using Ints = std::vector<int64_t>;
using Tensors = std::vector<Tensor>;

/// The state of one JavaScript thread: its tensors by slot, where results are described, where tensors live.
class Addon {
 public:
  explicit Addon(napi_env env) : env_(env) {}

  static Addon& of(napi_env env);

  napi_env env() const { return env_; }

  /// @throws c10::Error where the slot is empty
  const Tensor& tensor(int32_t slot) const;
  /// Puts other strides or another storage under a slot; the values and the shape stay.
  void replace(int32_t slot, Tensor tensor) { slots_[slot] = std::move(tensor); }
  int32_t put(Tensor tensor);
  void release(int32_t slot);
  size_t used() const { return slots_.size() - free_.size(); }

  /// Writes what a call returns into the shared array: count, then slot, dtype, rank and dimensions of each.
  void describe(const Tensor& tensor);
  void beginResults();

  at::Device device = at::kCPU;
  /// What convolutions compute in; parameters stay float32.
  at::ScalarType precision = at::kFloat;
  int32_t* results = nullptr;
  size_t resultsLength = 0;

 private:
  napi_env env_;
  Tensors slots_;
  std::vector<int32_t> free_;
  size_t written_ = 0;
};

/// A tensor as it is kept, bfloat16 perhaps. An argument that is a plain Tensor is widened to float32 first, so that only
/// kernels that ask for this type compute with less.
struct Kept {
  Tensor tensor;
};
using KeptTensors = std::vector<Kept>;

/// A tensor with its slot, for kernels that may lay it out anew.
struct Place {
  Addon& addon;
  int32_t slot;

  const Tensor& tensor() const { return addon.tensor(slot); }
  void replace(Tensor tensor) const { addon.replace(slot, std::move(tensor)); }
};
using Places = std::vector<Place>;

/// The slot that stands for "no tensor".
constexpr int32_t kNone = -1;

/// tfjs' dtypes as both sides of the addon number them.
enum Dtype : int32_t { kFloat32 = 0, kInt32 = 1, kBool = 2 };
at::ScalarType scalarType(int64_t dtype);

/// Throws where a call of Node's says that a value is not of the kind that was expected.
void check(napi_status status, const char* expected);

/// One JavaScript value as a C++ argument.
template <typename T>
T argument(Addon& addon, napi_value value);

template <>
double argument<double>(Addon&, napi_value);
template <>
int64_t argument<int64_t>(Addon&, napi_value);
template <>
bool argument<bool>(Addon&, napi_value);
template <>
std::string argument<std::string>(Addon&, napi_value);
template <>
Tensor argument<Tensor>(Addon&, napi_value);
template <>
Place argument<Place>(Addon&, napi_value);
template <>
Places argument<Places>(Addon&, napi_value);
template <>
Kept argument<Kept>(Addon&, napi_value);
template <>
KeptTensors argument<KeptTensors>(Addon&, napi_value);
template <>
Ints argument<Ints>(Addon&, napi_value);
template <>
Tensors argument<Tensors>(Addon&, napi_value);

inline void give(Addon& addon, const Tensor& tensor) { addon.describe(tensor); }
inline void give(Addon& addon, const Tensors& tensors) {
  for (const Tensor& tensor : tensors) addon.describe(tensor);
}

/// Runs a kernel without autograd; a C++ exception becomes a JavaScript error.
napi_value guarded(napi_env env, napi_callback_info info, size_t arity, void (*body)(Addon&, napi_value*));

template <auto Function>
struct Call;

template <typename Result, typename... Args, Result (*Function)(Args...)>
struct Call<Function> {
  template <size_t... I>
  static void apply(Addon& addon, napi_value* values, std::index_sequence<I...>) {
    if constexpr (std::is_void_v<Result>) {
      Function(argument<std::decay_t<Args>>(addon, values[I])...);
    } else {
      give(addon, Function(argument<std::decay_t<Args>>(addon, values[I])...));
    }
  }

  static napi_value entry(napi_env env, napi_callback_info info) {
    return guarded(env, info, sizeof...(Args), [](Addon& addon, napi_value* values) {
      apply(addon, values, std::index_sequence_for<Args...>{});
    });
  }
};

/// A function's name in JavaScript and what is called.
struct Export {
  const char* name;
  napi_callback entry;
};

/// `kernel<conv2d>("conv2d")`: a function on tensors and numbers, as JavaScript calls it.
template <auto Function>
Export kernel(const char* name) {
  return {name, &Call<Function>::entry};
}

// One list a kernel family, each in the file of its name.
std::vector<Export> arithmeticKernels();
std::vector<Export> convolutionKernels();
std::vector<Export> indexingKernels();
std::vector<Export> innerProductKernels();
std::vector<Export> matmulKernels();
std::vector<Export> normalizationKernels();
std::vector<Export> optimizerKernels();
std::vector<Export> poolingKernels();
std::vector<Export> reductionKernels();
std::vector<Export> resizeKernels();
std::vector<Export> shapeKernels();
std::vector<Export> unaryKernels();

/// A fused kernel's activation by tfjs' name, in place on a tensor that nothing else holds.
Tensor activate(Tensor x, const std::string& activation, const Tensor& slopes, double leakyReluAlpha);

/// Another number for NaN, which tfjs passes over where it looks for an extremum, and ATen stops at. Whole numbers as int32.
Tensor withoutNan(const Tensor& x, double instead);

/// tfjs' [batch, height, width, channels] as ATen's [batch, channels, height, width], without a copy, and back.
inline Tensor toChannelsFirst(const Tensor& x) { return x.permute({0, 3, 1, 2}); }
inline Tensor toChannelsLast(const Tensor& x) { return x.permute({0, 2, 3, 1}); }

/// Values that were made on the processor, where they are computed with. They are staged before this returns; waiting for a
/// card to have them, and all that it has to do before, would leave it idle afterwards.
inline Tensor moved(const Tensor& x, at::Device device) { return x.to(device, /*non_blocking=*/true); }

/// bfloat16 as float32.
inline Tensor widened(const Tensor& x) {
  return x.defined() && x.scalar_type() == at::kBFloat16 ? x.to(at::kFloat) : x;
}

}  // namespace crosstask
