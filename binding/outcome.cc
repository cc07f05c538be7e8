#include "outcome.h"

namespace node_libbpf {

Napi::Object Outcome::toJs(Napi::Env env) const {
  Napi::Object result = Napi::Object::New(env);
  result["status"] = Napi::Number::New(env, status);
  result["stage"] = Napi::String::New(env, stage);
  result["program"] = Napi::Number::New(env, program);
  Napi::Array list = Napi::Array::New(env, messages.size() * 2);
  uint32_t i = 0;
  for (const Message& message : messages) {
    list[i++] = Napi::Number::New(env, message.level);
    list[i++] = Napi::String::New(env, message.text);
  }
  result["messages"] = list;
  if (log != nullptr) result["log"] = Napi::Buffer<char>::Copy(env, log->data(), log->length());
  return result;
}

Outcome observe(bool verbose, const std::function<int32_t()>& call) {
  LogScope scope(verbose);
  Outcome outcome;
  outcome.status = call();
  outcome.messages = scope.take();
  return outcome;
}

namespace {

class PromiseWorker : public Napi::AsyncWorker {
 public:
  PromiseWorker(Napi::Env env, std::function<void()> work, std::function<Napi::Value(Napi::Env)> finish)
      : AsyncWorker(env, "node_libbpf"),
        deferred_(Napi::Promise::Deferred::New(env)),
        work_(std::move(work)),
        finish_(std::move(finish)) {}

  Napi::Promise promise() const { return deferred_.Promise(); }
  void Execute() override { work_(); }
  void OnOK() override { deferred_.Resolve(finish_(Env())); }

 private:
  Napi::Promise::Deferred deferred_;
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
