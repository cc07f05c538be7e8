#include "outcome.h"

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "fields.h"
#include "guarded.h"

namespace node_libbpf {

Outcome Outcome::noMemory() {
  Outcome outcome;
  outcome.status = -ENOMEM;
  return outcome;
}

namespace {

// If memory does not suffice for a long log, the log is undefined, so that the error itself is still
// reported.
Napi::Value textOf(Napi::Env env, const VerifierLog& log) {
  const Napi::Value copy = Napi::Buffer<char>::Copy(env, log.data(), log.length());
  if (!env.IsExceptionPending()) return copy;
  env.GetAndClearPendingException();
  return env.Undefined();
}

// libelf has errors of its own. libbpf makes LIBBPF_ERRNO__LIBELF, -EINVAL and others of them, also of a lack
// of memory (elf_errmsg(): ELF_E_NOMEM), and only its warning tells.
bool lacksMemory(const std::vector<Message>& messages) {
  constexpr std::string_view kEnd = ": out of memory";
  return std::any_of(messages.begin(), messages.end(), [&](const Message& message) {
    const size_t size = message.text.size();
    return size >= kEnd.size() && message.text.compare(size - kEnd.size(), kEnd.size(), kEnd) == 0;
  });
}

}  // namespace

Napi::Object Outcome::toJs(Napi::Env env) const {
  Reply result(env);
  const int32_t known = status < 0 && lacksMemory(messages) ? -ENOMEM : status;
  result.set("status", known).set("stage", stage).set("program", program);
  std::vector<Napi::Value> texts;
  for (const Message& message : messages)
    texts.push_back(Reply(env).set("level", message.level).set("text", message.text));
  result.set("messages", texts);
  if (log != nullptr) result.set("log", textOf(env, *log));
  if (logs.empty()) return result;
  Napi::Object own = Napi::Object::New(env);
  for (const auto& [index, text] : logs) own[index] = textOf(env, *text);
  return result.set("logs", own);
}

Outcome observe(bool verbose, const std::function<int32_t()>& call) {
  LogScope scope(verbose);
  Outcome outcome;
  outcome.status = call();
  outcome.messages = scope.take();
  return outcome;
}

void settlePromise(Napi::Env env, napi_deferred deferred, const std::function<Napi::Value()>& value) {
  const Napi::Value settled = guarded(value, [&]() -> Napi::Value { return Outcome::noMemory().toJs(env); });
  if (env.IsExceptionPending())
    napi_reject_deferred(env, deferred, env.GetAndClearPendingException().Value());
  else
    napi_resolve_deferred(env, deferred, settled);
}

namespace {

class PromiseWorker : public Napi::AsyncWorker {
 public:
  PromiseWorker(Napi::Env env, std::function<void()> work, std::function<Napi::Value(Napi::Env)> finish)
      : AsyncWorker(env, "node_libbpf"), work_(std::move(work)), finish_(std::move(finish)) {
    napi_create_promise(env, &deferred_, &promise_);
  }

  Napi::Promise promise() const { return Napi::Promise(Env(), promise_); }
  void Execute() override { work_(); }
  void OnOK() override {
    settlePromise(Env(), deferred_, [this] { return finish_(Env()); });
  }

 private:
  napi_deferred deferred_ = nullptr;
  napi_value promise_ = nullptr;  // valid until the call that created it returns
  std::function<void()> work_;
  std::function<Napi::Value(Napi::Env)> finish_;
};

}  // namespace

Napi::Promise runAsync(Napi::Env env, std::function<void()> work,
                       std::function<Napi::Value(Napi::Env)> finish) {
  auto* worker = new PromiseWorker(env, std::move(work), std::move(finish));  // AsyncWorker deletes itself
  Napi::Promise promise = worker->promise();
  worker->Queue();
  return promise;
}

}  // namespace node_libbpf
