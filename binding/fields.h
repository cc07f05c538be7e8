// Reads the named fields of a request from lib/, and sets those of a reply. Calls that run for each element,
// record or batch take and return integers instead (arguments.h).
#pragma once

#include <napi.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "arguments.h"

namespace node_libbpf {

// A field is missing or has the wrong type. Only a mistake in lib/ causes it: calls.h throws a TypeError in
// JavaScript.
struct FieldError : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

class Request;

// A field of a request. It converts to the type of what it initializes:
//
//   bool, int32_t, uint32_t    a boolean, a number
//   uint64_t (not __u64)       a bigint, or a number
//   std::string                a string
//   Memory                     a Uint8Array, not copied
//   std::vector<uint32_t>      a Uint32Array, copied
//   std::vector<uint64_t>      a BigUint64Array, copied
//   std::vector<std::string>   an array of strings
//   Request                    an object
class Field {
 public:
  Field(const char* name, Napi::Value value, bool isOptional)
      : name_(name), value_(value), isOptional_(isOptional) {}

  template <class T>
  operator T() const {
    T result{};
    if (isOptional_ && value_.IsUndefined()) return result;
    if (!read(value_, &result)) throw FieldError(wrongType());
    return result;
  }

  // Converts each object of an array with `make`.
  template <class Make>
  auto each(Make make) const -> std::vector<decltype(make(std::declval<const Request&>()))>;

  bool isUndefined() const { return value_.IsUndefined(); }

 private:
  static bool read(const Napi::Value& value, bool* to);
  static bool read(const Napi::Value& value, int32_t* to);
  static bool read(const Napi::Value& value, uint32_t* to);
  static bool read(const Napi::Value& value, uint64_t* to);
  static bool read(const Napi::Value& value, std::string* to);
  static bool read(const Napi::Value& value, Memory* to);
  static bool read(const Napi::Value& value, std::vector<uint32_t>* to);
  static bool read(const Napi::Value& value, std::vector<uint64_t>* to);
  static bool read(const Napi::Value& value, std::vector<std::string>* to);
  static bool read(const Napi::Value& value, Request* to);
  std::string wrongType() const { return "field '" + std::string(name_) + "' has the wrong type"; }

  const char* name_;
  Napi::Value value_;
  bool isOptional_;
};

class Request {
 public:
  Request() = default;
  explicit Request(const Napi::Value& from);

  Field operator[](const char* name) const { return {name, valueOf(name), false}; }
  // Converts to zero or empty if it is undefined. The property must exist all the same, so that a misspelt
  // name is found.
  Field optional(const char* name) const { return {name, valueOf(name), true}; }

 private:
  Napi::Value valueOf(const char* name) const;

  Napi::Object object_;
};

template <class Make>
auto Field::each(Make make) const -> std::vector<decltype(make(std::declval<const Request&>()))> {
  if (!value_.IsArray()) throw FieldError(wrongType());
  const auto list = value_.As<Napi::Array>();
  std::vector<decltype(make(std::declval<const Request&>()))> result;
  for (uint32_t i = 0; i < list.Length(); i++) result.push_back(make(Request(list.Get(i))));
  return result;
}

// An object for lib/, whose fields have the types of `Field`. A null `const char*` becomes undefined.
class Reply {
 public:
  explicit Reply(Napi::Env env) : object_(Napi::Object::New(env)) {}
  explicit Reply(Napi::Object object) : object_(object) {}

  template <class T>
  Reply& set(const char* name, const T& value) {
    // An object can name a type that the enum lacks: loading that through the reference is undefined
    // behaviour.
    static_assert(!std::is_enum_v<T>, "cast the enum to an integer");
    object_.Set(name, toJs(value));
    return *this;
  }

  operator Napi::Object() const { return object_; }
  operator Napi::Value() const { return object_; }

 private:
  Napi::Env env() const { return object_.Env(); }
  Napi::Value toJs(bool value) const { return Napi::Boolean::New(env(), value); }
  Napi::Value toJs(int32_t value) const { return Napi::Number::New(env(), value); }
  Napi::Value toJs(uint32_t value) const { return Napi::Number::New(env(), value); }
  Napi::Value toJs(uint64_t value) const { return Napi::BigInt::New(env(), value); }
  Napi::Value toJs(const std::string& text) const { return Napi::String::New(env(), text); }
  Napi::Value toJs(const char* text) const;
  Napi::Value toJs(const Memory& bytes) const {
    return Napi::Buffer<char>::Copy(env(), bytes.data, bytes.size);
  }
  Napi::Value toJs(const Napi::Value& value) const { return value; }
  template <class T>
  Napi::Value toJs(const std::vector<T>& list) const {
    Napi::Array result = Napi::Array::New(env(), list.size());
    for (uint32_t i = 0; i < list.size(); i++) result[i] = toJs(list[i]);
    return result;
  }

  Napi::Object object_;
};

}  // namespace node_libbpf
