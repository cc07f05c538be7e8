#include "fields.h"

#include <cstring>
#include <utility>

namespace node_libbpf {

namespace {

bool hasType(const Napi::Value& value, napi_typedarray_type type) {
  return value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == type;
}

}  // namespace

bool Field::read(const Napi::Value& value, bool* to) {
  *to = value.IsBoolean() && value.As<Napi::Boolean>().Value();
  return value.IsBoolean();
}

bool Field::read(const Napi::Value& value, int32_t* to) {
  *to = int32Of(value);
  return value.IsNumber();
}

bool Field::read(const Napi::Value& value, uint32_t* to) {
  *to = uint32Of(value);
  return value.IsNumber();
}

bool Field::read(const Napi::Value& value, uint64_t* to) {
  *to = value.IsNumber() ? static_cast<uint64_t>(value.As<Napi::Number>().Int64Value()) : uint64Of(value);
  return value.IsNumber() || value.IsBigInt();
}

bool Field::read(const Napi::Value& value, std::string* to) {
  *to = stringOf(value);
  return value.IsString();
}

bool Field::read(const Napi::Value& value, Memory* to) {
  *to = memoryOf(value);
  return hasType(value, napi_uint8_array);
}

bool Field::read(const Napi::Value& value, std::vector<uint32_t>* to) {
  const Memory memory = memoryOf<napi_uint32_array, sizeof(uint32_t)>(value);
  to->resize(memory.size / sizeof(uint32_t));
  if (!to->empty()) memcpy(to->data(), memory.data, memory.size);
  return hasType(value, napi_uint32_array);
}

bool Field::read(const Napi::Value& value, std::vector<uint64_t>* to) {
  const Memory memory = memoryOf<napi_biguint64_array, sizeof(uint64_t)>(value);
  to->resize(memory.size / sizeof(uint64_t));
  if (!to->empty()) memcpy(to->data(), memory.data, memory.size);
  return hasType(value, napi_biguint64_array);
}

bool Field::read(const Napi::Value& value, std::vector<std::string>* to) {
  if (!value.IsArray()) return false;
  const auto list = value.As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); i++) {
    std::string text;
    if (!read(list.Get(i), &text)) return false;
    to->push_back(std::move(text));
  }
  return true;
}

bool Field::read(const Napi::Value& value, Request* to) {
  if (!value.IsObject()) return false;
  *to = Request(value);
  return true;
}

Request::Request(const Napi::Value& from) {
  if (!from.IsObject()) throw FieldError("the request is not an object");
  object_ = from.As<Napi::Object>();
}

Napi::Value Request::valueOf(const char* name) const {
  napi_value value = nullptr;
  bool exists = false;
  napi_has_named_property(object_.Env(), object_, name, &exists);
  if (exists) napi_get_named_property(object_.Env(), object_, name, &value);
  if (value == nullptr) throw FieldError("field '" + std::string(name) + "' is missing");
  return Napi::Value(object_.Env(), value);
}

Napi::Value Reply::toJs(const char* text) const {
  if (text == nullptr) return env().Undefined();
  return Napi::String::New(env(), text);
}

}  // namespace node_libbpf
