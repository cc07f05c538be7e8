// What an operation that may fail with a story hands to JavaScript: a status, libbpf's messages, the
// verifier's log. TypeScript makes the error of it.
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
  int32_t program = -1;    // index of the program that it failed for, where known
  std::vector<Message> messages;
  std::shared_ptr<const VerifierLog> log;
  // Of programs that were asked for theirs, by index.
  std::vector<std::pair<uint32_t, std::shared_ptr<const VerifierLog>>> logs;

  static Outcome noMemory();
  Napi::Object toJs(Napi::Env env) const;
};

// Runs a libbpf call with its messages collected.
Outcome observe(bool verbose, const std::function<int32_t()>& call);

// Settles a promise with what `value` makes, or with the exception that it leaves in JavaScript.
void settlePromise(Napi::Env env, napi_deferred deferred, const std::function<Napi::Value()>& value);

// Runs `work`, which does not throw, on a thread of libuv's pool, then `finish` on the JavaScript thread to
// make the promise's value. The environment's end waits for it.
Napi::Promise runAsync(Napi::Env env, std::function<void()> work,
                       std::function<Napi::Value(Napi::Env)> finish);

}  // namespace node_libbpf
