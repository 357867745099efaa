// The module: slots, results, calls from JavaScript, moving values in and out.
#include "addon.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>

#include <cstring>

#include "distributed.hpp"
#include "heap.hpp"
#include "memory.hpp"

#ifdef CROSSTASK_CUDA
#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDACachingAllocator.h>
#endif

namespace crosstask {

Addon& Addon::of(napi_env env) {
  void* data = nullptr;
  napi_get_instance_data(env, &data);
  return *static_cast<Addon*>(data);
}

const Tensor& Addon::tensor(int32_t slot) const {
  static const Tensor none;
  if (slot == kNone) return none;
  TORCH_CHECK(slot >= 0 && size_t(slot) < slots_.size() && slots_[slot].defined(), "the tensor is disposed");
  return slots_[slot];
}

int32_t Addon::put(Tensor tensor) {
  if (free_.empty()) {
    slots_.push_back(std::move(tensor));
    return int32_t(slots_.size()) - 1;
  }
  const int32_t slot = free_.back();
  free_.pop_back();
  slots_[slot] = std::move(tensor);
  return slot;
}

void Addon::release(int32_t slot) {
  tensor(slot);  // refuses one that is free already, which would otherwise be given out twice
  slots_[slot] = Tensor();
  free_.push_back(slot);
}

void Addon::beginResults() {
  if (results == nullptr) return;  // before the backend is there, no call returns tensors
  results[0] = 0;
  written_ = 1;
}

/// What tfjs knows: float32 (computed in any float type), int32 and bool.
static Tensor asTfjs(const Tensor& tensor) {
  switch (tensor.scalar_type()) {
    case at::kFloat:
    case at::kBFloat16:
    case at::kInt:
    case at::kBool:
      return tensor;
    case at::kLong:
      return tensor.to(at::kInt);
    default:
      return tensor.to(at::kFloat);
  }
}

void Addon::describe(const Tensor& tensor) {
  Tensor value = asTfjs(tensor);
  const auto type = value.scalar_type();
  const auto sizes = value.sizes();
  TORCH_CHECK(written_ + 3 + sizes.size() <= resultsLength, "too many results");
  results[written_ + 1] = type == at::kInt ? kInt32 : type == at::kBool ? kBool : kFloat32;
  results[written_ + 2] = int32_t(sizes.size());
  for (size_t i = 0; i < sizes.size(); i++) results[written_ + 3 + i] = int32_t(sizes[i]);
  results[written_] = put(std::move(value));
  written_ += 3 + sizes.size();
  results[0]++;
}

at::ScalarType scalarType(int64_t dtype) {
  return dtype == kInt32 ? at::kInt : dtype == kBool ? at::kBool : at::kFloat;
}

napi_value guarded(napi_env env, napi_callback_info info, size_t arity, void (*body)(Addon&, napi_value*)) {
  constexpr size_t kMost = 20;
  napi_value values[kMost];
  size_t count = kMost;
  napi_get_cb_info(env, info, &count, values, nullptr, nullptr);
  Addon& addon = Addon::of(env);
  try {
    TORCH_CHECK(count == arity, "expected ", arity, " arguments, found ", count);
    c10::InferenceMode inference;
    addon.beginResults();
    body(addon, values);
  } catch (const c10::Error& error) {
    napi_throw_error(env, isOutOfMemory(error.what_without_backtrace()) ? "OUT_OF_MEMORY" : nullptr,
                     error.what_without_backtrace());
  } catch (const RankLost& lost) {
    napi_throw_error(env, "RANK_LOST", lost.what());
  } catch (const std::bad_alloc&) {
    napi_throw_error(env, "OUT_OF_MEMORY", "not enough memory");
  } catch (const std::exception& error) {
    napi_throw_error(env, nullptr, error.what());
  }
  return nullptr;
}

/// The bytes of a typed array.
static std::pair<void*, size_t> bytesOf(Addon& addon, napi_value value) {
  napi_typedarray_type type;
  size_t length;
  void* data;
  check(napi_get_typedarray_info(addon.env(), value, &type, &length, &data, nullptr, nullptr), "a typed array");
  const size_t width = type == napi_uint8_array ? 1 : 4;
  return {data, length * width};
}

/// start(device, threads, precision): before all else.
static void start(Addon& addon, napi_value* values) {
  addon.device = at::Device(argument<std::string>(addon, values[0]));
  at::set_num_threads(int(argument<int64_t>(addon, values[1])));
  const std::string precision = argument<std::string>(addon, values[2]);
  addon.precision = precision == "bf16" ? at::kBFloat16 : at::kFloat;
  // PyTorch takes TF32 for convolutions unless it is told otherwise.
  at::globalContext().setAllowTF32CuDNN(precision == "tf32");
  at::globalContext().setAllowTF32CuBLAS(precision == "tf32");
  // What cuDNN picks else adds up in another order every time: a run that goes on would not come to the same bits.
  at::globalContext().setDeterministicCuDNN(true);
}

/// write(values, shape, dtype): a tensor with a copy of the values.
static void write(Addon& addon, napi_value* values) {
  const auto [data, bytes] = bytesOf(addon, values[0]);
  const Ints shape = argument<Ints>(addon, values[1]);
  const auto type = scalarType(argument<int64_t>(addon, values[2]));
  const Tensor tensor = at::empty(shape, at::TensorOptions(type));
  TORCH_CHECK(tensor.nbytes() == bytes, "expected ", tensor.nbytes(), " bytes, found ", bytes);
  if (bytes > 0) std::memcpy(tensor.data_ptr(), data, bytes);
  addon.describe(moved(tensor, addon.device));
}

/// fill(shape, value, dtype)
static void fill(Addon& addon, napi_value* values) {
  const auto options = at::TensorOptions(scalarType(argument<int64_t>(addon, values[2]))).device(addon.device);
  addon.describe(at::full(argument<Ints>(addon, values[0]), argument<double>(addon, values[1]), options));
}

/// read(slot, into): copies a tensor's values, in the order of its shape, into a typed array of its size.
static void read(Addon& addon, napi_value* values) {
  const auto [data, bytes] = bytesOf(addon, values[1]);
  const Tensor dense = argument<Tensor>(addon, values[0]).to(at::kCPU).contiguous();
  TORCH_CHECK(dense.nbytes() == bytes, "expected room for ", dense.nbytes(), " bytes, found ", bytes);
  if (bytes > 0) std::memcpy(data, dense.data_ptr(), bytes);
}

static void release(Addon& addon, napi_value* values) {
  addon.release(int32_t(argument<int64_t>(addon, values[0])));
}

/// Whether another tensor reads the same memory, so that a change in place would be seen there.
static napi_value isShared(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value value;
  napi_get_cb_info(env, info, &count, &value, nullptr, nullptr);
  int32_t slot = kNone;
  napi_get_value_int32(env, value, &slot);
  napi_value result;
  const Tensor& tensor = Addon::of(env).tensor(slot);
  // A kernel with nothing to do gives its input back: then two slots hold one tensor rather than two of one storage.
  napi_get_boolean(env, tensor.use_count() > 1 || tensor.storage().use_count() > 1, &result);
  return result;
}

/// Slots in use, for tests.
static napi_value slotsInUse(napi_env env, napi_callback_info) {
  napi_value result;
  napi_create_uint32(env, uint32_t(Addon::of(env).used()), &result);
  return result;
}

/// shareResults(Int32Array): where calls describe what they return. Must be kept alive by the caller.
static napi_value shareResults(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value value;
  napi_get_cb_info(env, info, &count, &value, nullptr, nullptr);
  Addon& addon = Addon::of(env);
  void* data;
  napi_get_typedarray_info(env, value, nullptr, &addon.resultsLength, &data, nullptr, nullptr);
  addon.results = static_cast<int32_t*>(data);
  return nullptr;
}

static napi_value trim(napi_env, napi_callback_info) {
  trimMemory();
#ifdef CROSSTASK_CUDA
  if (at::hasCUDA()) c10::cuda::CUDACachingAllocator::emptyCache();
#endif
  return nullptr;
}

static napi_value hasCuda(napi_env env, napi_callback_info) {
  napi_value result;
  napi_get_boolean(env, at::hasCUDA(), &result);
  return result;
}

static napi_value synchronize(napi_env, napi_callback_info) {
#ifdef CROSSTASK_CUDA
  if (at::hasCUDA()) at::cuda::getCurrentCUDAStream().synchronize();
#endif
  return nullptr;
}

template <size_t Arity, void (*Body)(Addon&, napi_value*)>
static napi_value plain(napi_env env, napi_callback_info info) {
  return guarded(env, info, Arity, Body);
}

static std::vector<Export> moduleFunctions() {
  return {
      {"start", plain<3, start>},   {"write", plain<3, write>},       {"read", plain<2, read>},
      {"release", plain<1, release>}, {"slotsInUse", slotsInUse},     {"shareResults", shareResults},
      {"fill", plain<3, fill>},     {"isShared", isShared},
      {"trim", trim},               {"hasCuda", hasCuda},             {"synchronize", synchronize},
  };
}

static void define(napi_env env, napi_value object, const std::vector<Export>& functions) {
  for (const auto& [name, entry] : functions) {
    napi_value function;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, entry, nullptr, &function);
    napi_set_named_property(env, object, name, function);
  }
}

static napi_value initialize(napi_env env, napi_value exports) {
  useHeap();
  const auto finalize = [](napi_env, void* data, void*) { delete static_cast<Addon*>(data); };
  napi_set_instance_data(env, new Addon(env), finalize, nullptr);
  define(env, exports, moduleFunctions());
  define(env, exports, distributedFunctions());
  napi_value kernels;
  napi_create_object(env, &kernels);
  for (const auto& family : {arithmeticKernels(), convolutionKernels(), distributedKernels(), indexingKernels(),
                             innerProductKernels(), matmulKernels(), normalizationKernels(), optimizerKernels(),
                             poolingKernels(), reductionKernels(), resizeKernels(), shapeKernels(), unaryKernels()})
    define(env, kernels, family);
  napi_set_named_property(env, exports, "kernels", kernels);
  return exports;
}

}  // namespace crosstask

NAPI_MODULE_INIT() { return crosstask::initialize(env, exports); }
