// Reads the arguments that lib/native/index.ts passes by position. A value of another type becomes 0 or
// empty, which every call refuses or handles: memory safety does not depend on TypeScript's types. A call
// with more parts takes a request instead, whose fields have names: fields.h.
#pragma once

#include <napi.h>

#include <cstdint>
#include <string>

namespace node_libbpf {

inline int32_t int32Of(const Napi::Value& value) {
  return value.IsNumber() ? value.As<Napi::Number>().Int32Value() : 0;
}

inline uint32_t uint32Of(const Napi::Value& value) {
  return value.IsNumber() ? value.As<Napi::Number>().Uint32Value() : 0;
}

inline uint64_t uint64Of(const Napi::Value& value) {
  bool lossless;
  return value.IsBigInt() ? value.As<Napi::BigInt>().Uint64Value(&lossless) : 0;
}

inline std::string stringOf(const Napi::Value& value) {
  return value.IsString() ? value.As<Napi::String>().Utf8Value() : std::string();
}

// Memory that JavaScript owns, at its current address. Valid until the call returns, or while JavaScript
// holds a reference to the array and does not resize or detach it.
struct Memory {
  char* data = nullptr;
  size_t size = 0;
};

// The memory of a typed array over any buffer: shared, resizable and detached buffers too (a detached one has
// no bytes). Does not use napi_get_arraybuffer_info(), which fails for a SharedArrayBuffer.
template <napi_typedarray_type kType = napi_uint8_array, size_t kElement = 1>
Memory memoryOf(const Napi::Value& value) {
  if (!value.IsTypedArray()) return {};
  void* data = nullptr;
  size_t length = 0;
  napi_typedarray_type type;
  const napi_status found =
      napi_get_typedarray_info(value.Env(), value, &type, &length, &data, nullptr, nullptr);
  if (found != napi_ok || type != kType || length == 0) return {};
  return {static_cast<char*>(data), length * kElement};
}

inline std::string copyOf(const Memory& memory) { return {memory.data, memory.size}; }

inline Napi::Number status(Napi::Env env, int32_t value) { return Napi::Number::New(env, value); }

}  // namespace node_libbpf
