// What an operation that may fail with a story hands to JavaScript: a status, libbpf's messages, the
// verifier's log. TypeScript makes the error of it.
#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "log.h"

namespace node_libbpf {

struct Outcome {
  int32_t status = 0;      // 0, a handle or a count; negative: -errno
  const char* stage = "";  // which part of the operation failed
  int32_t program = -1;    // index of the program that it failed for, where known
  std::vector<Message> messages;
  std::shared_ptr<const VerifierLog> log;

  Napi::Object toJs(Napi::Env env) const;
};

// Runs a libbpf call with its messages collected.
Outcome observe(bool verbose, const std::function<int32_t()>& call);

// Runs `work` on a thread of the pool, then `finish` on the JavaScript thread to make the promise's value.
Napi::Promise runAsync(Napi::Env env, std::function<void()> work,
                       std::function<Napi::Value(Napi::Env)> finish);

}  // namespace node_libbpf
