// Arguments as lib/native.ts passes them. A value of another type becomes 0 or empty, which every call then
// refuses or can bear: memory safety does not rest on TypeScript's types.
#pragma once

#include <napi.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace node_libbpf {

inline int32_t int32Of(const Napi::Value& value) {
  return value.IsNumber() ? value.As<Napi::Number>().Int32Value() : 0;
}

inline uint32_t uint32Of(const Napi::Value& value) {
  return value.IsNumber() ? value.As<Napi::Number>().Uint32Value() : 0;
}

inline double doubleOf(const Napi::Value& value) {
  return value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : 0;
}

inline uint64_t uint64Of(const Napi::Value& value) {
  bool lossless;
  return value.IsBigInt() ? value.As<Napi::BigInt>().Uint64Value(&lossless) : 0;
}

inline std::string stringOf(const Napi::Value& value) {
  return value.IsString() ? value.As<Napi::String>().Utf8Value() : std::string();
}

// Of memory that JavaScript owns: good until the call returns, or as long as somebody refers to the array.
inline std::string_view viewOf(const Napi::Value& value) {
  if (!value.IsTypedArray()) return {};
  const Napi::TypedArray array = value.As<Napi::TypedArray>();
  const auto* data = static_cast<const char*>(array.ArrayBuffer().Data());
  return data == nullptr ? std::string_view()
                         : std::string_view(data + array.ByteOffset(), array.ByteLength());
}

inline std::string bytesOf(const Napi::Value& value) { return std::string(viewOf(value)); }

inline Napi::Number status(Napi::Env env, int32_t value) { return Napi::Number::New(env, value); }

}  // namespace node_libbpf
