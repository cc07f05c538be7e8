// The result of an operation that may fail: a status, libbpf's messages, the verifier's log. TypeScript
// creates the error from it.
#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "log.h"

namespace node_libbpf {

struct Outcome {
  int32_t status = 0;      // 0, a handle or a count; negative: -errno
  const char* stage = "";  // which part of the operation failed
  int32_t program = -1;    // index of the program that failed, if known
  std::vector<Message> messages;
  std::shared_ptr<const VerifierLog> log;
  // Logs of programs that set a log level, by index.
  std::vector<std::pair<uint32_t, std::shared_ptr<const VerifierLog>>> logs;

  static Outcome noMemory();
  Napi::Object toJs(Napi::Env env) const;
};

// Runs a libbpf call and collects its messages.
Outcome observe(bool verbose, const std::function<int32_t()>& call);

// Settles a promise with the result of `value`, or with the JavaScript exception that it throws.
void settlePromise(Napi::Env env, napi_deferred deferred, const std::function<Napi::Value()>& value);

// Runs `work`, which must not throw, on a thread of libuv's pool, then `finish` on the JavaScript thread,
// whose result is the promise's value. The environment waits for it when it ends.
Napi::Promise runAsync(Napi::Env env, std::function<void()> work,
                       std::function<Napi::Value(Napi::Env)> finish);

}  // namespace node_libbpf
