// JavaScript values as C++ arguments.
#include "addon.hpp"

namespace crosstask {

void check(napi_status status, const char* expected) {
  TORCH_CHECK(status == napi_ok, "expected ", expected);
}

template <>
double argument<double>(Addon& addon, napi_value value) {
  double result;
  check(napi_get_value_double(addon.env(), value, &result), "a number");
  return result;
}

template <>
int64_t argument<int64_t>(Addon& addon, napi_value value) {
  int64_t result;
  check(napi_get_value_int64(addon.env(), value, &result), "a whole number");
  return result;
}

template <>
bool argument<bool>(Addon& addon, napi_value value) {
  bool result;
  check(napi_get_value_bool(addon.env(), value, &result), "a boolean");
  return result;
}

template <>
std::string argument<std::string>(Addon& addon, napi_value value) {
  char text[64];
  size_t length;
  check(napi_get_value_string_utf8(addon.env(), value, text, sizeof text, &length), "a string");
  if (length + 4 < sizeof text) return {text, length};
  // It may have been cut.
  check(napi_get_value_string_utf8(addon.env(), value, nullptr, 0, &length), "a string");
  std::string whole(length, '\0');
  check(napi_get_value_string_utf8(addon.env(), value, whole.data(), length + 1, &length), "a string");
  return whole;
}

template <>
Tensor argument<Tensor>(Addon& addon, napi_value value) {
  int32_t slot;
  check(napi_get_value_int32(addon.env(), value, &slot), "a tensor's slot");
  return widened(addon.tensor(slot));
}

template <>
Place argument<Place>(Addon& addon, napi_value value) {
  int32_t slot;
  check(napi_get_value_int32(addon.env(), value, &slot), "a tensor's slot");
  return {addon, slot};
}

template <>
Kept argument<Kept>(Addon& addon, napi_value value) {
  return {argument<Place>(addon, value).tensor()};
}

template <typename T>
static std::vector<T> list(Addon& addon, napi_value value) {
  uint32_t length;
  check(napi_get_array_length(addon.env(), value, &length), "a list");
  std::vector<T> result;
  result.reserve(length);
  for (uint32_t i = 0; i < length; i++) {
    napi_value item;
    check(napi_get_element(addon.env(), value, i, &item), "a list");
    result.push_back(argument<T>(addon, item));
  }
  return result;
}

template <>
Ints argument<Ints>(Addon& addon, napi_value value) {
  return list<int64_t>(addon, value);
}

template <>
KeptTensors argument<KeptTensors>(Addon& addon, napi_value value) {
  return list<Kept>(addon, value);
}

template <>
Places argument<Places>(Addon& addon, napi_value value) {
  return list<Place>(addon, value);
}

template <>
Tensors argument<Tensors>(Addon& addon, napi_value value) {
  return list<Tensor>(addon, value);
}

}  // namespace crosstask
