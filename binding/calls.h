// Exports functions to JavaScript. A failed allocation becomes -ENOMEM, the kernel's error; a malformed
// request, which only a mistake in lib/ causes, becomes a TypeError.
#pragma once

#include <napi.h>

#include <cerrno>

#include "arguments.h"
#include "fields.h"
#include "guarded.h"
#include "outcome.h"

namespace node_libbpf {

using Call = Napi::Value (*)(const Napi::CallbackInfo&);

inline Napi::Value withFields(Call call, const Napi::CallbackInfo& info) {
  try {
    return call(info);
  } catch (const FieldError& error) {
    if (!info.Env().IsExceptionPending())
      Napi::TypeError::New(info.Env(), error.what()).ThrowAsJavaScriptException();
    return info.Env().Undefined();
  }
}

template <Call kCall>
Napi::Value numberOf(const Napi::CallbackInfo& info) {
  return guarded([&] { return withFields(kCall, info); },
                 [&]() -> Napi::Value { return status(info.Env(), -ENOMEM); });
}

template <Call kCall>
Napi::Value outcomeOf(const Napi::CallbackInfo& info) {
  return guarded([&] { return withFields(kCall, info); },
                 [&]() -> Napi::Value { return Outcome::noMemory().toJs(info.Env()); });
}

// Exports a function that returns a negative number on failure.
template <Call kCall>
void exportCall(Napi::Object exports, const char* name) {
  exports[name] = Napi::Function::New<numberOf<kCall>>(exports.Env(), name);
}

// Exports a function that returns an object with a status on failure.
template <Call kCall>
void exportStory(Napi::Object exports, const char* name) {
  exports[name] = Napi::Function::New<outcomeOf<kCall>>(exports.Env(), name);
}

}  // namespace node_libbpf
