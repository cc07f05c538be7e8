// How functions are given to JavaScript: none of them throws. Memory that can't be had is -ENOMEM, as with
// the kernel.
#pragma once

#include <napi.h>

#include <cerrno>

#include "arguments.h"
#include "guarded.h"
#include "outcome.h"

namespace node_libbpf {

using Call = Napi::Value (*)(const Napi::CallbackInfo&);

template <Call kCall>
Napi::Value numberOf(const Napi::CallbackInfo& info) {
  return guarded([&] { return kCall(info); }, [&]() -> Napi::Value { return status(info.Env(), -ENOMEM); });
}

template <Call kCall>
Napi::Value outcomeOf(const Napi::CallbackInfo& info) {
  return guarded([&] { return kCall(info); },
                 [&]() -> Napi::Value { return Outcome::noMemory().toJs(info.Env()); });
}

// Of a function whose failure is a negative number.
template <Call kCall>
void exportCall(Napi::Object exports, const char* name) {
  exports[name] = Napi::Function::New<numberOf<kCall>>(exports.Env(), name);
}

// Of a function whose failure is an object with a status.
template <Call kCall>
void exportStory(Napi::Object exports, const char* name) {
  exports[name] = Napi::Function::New<outcomeOf<kCall>>(exports.Env(), name);
}

}  // namespace node_libbpf
