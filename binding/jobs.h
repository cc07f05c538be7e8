// Work that may sleep for as long as a program does, on threads of its own: libuv's pool is there for files
// and names, and a process that exits waits for it.
#pragma once

#include <napi.h>

#include <memory>

namespace node_libbpf {

// What runs on a thread and becomes a promise's value. Nobody waits for it when the environment ends: it owns
// what it uses, and has nothing of JavaScript's.
class Job {
 public:
  virtual ~Job() = default;
  // On a thread, unless there is an error already.
  virtual void run() = 0;
  virtual Napi::Value toJs(Napi::Env env) = 0;

  int error = 0;  // 0 or -errno

 private:
  friend class Jobs;
  napi_deferred deferred_ = nullptr;
  std::shared_ptr<Job> next_;  // of those that are done: no memory is needed to say so
};

class Jobs {
 public:
  // Null if there is no memory.
  static std::unique_ptr<Jobs> create(Napi::Env env);
  ~Jobs();
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;

  // Runs it on one of the threads, or when one is free. Where there is none to be had it ends with -EAGAIN.
  Napi::Promise run(Napi::Env env, std::shared_ptr<Job> job);

 private:
  struct Shared;
  explicit Jobs(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  void settle(Napi::Env env);

  std::shared_ptr<Shared> shared_;
  unsigned promised_ = 0;
};

}  // namespace node_libbpf
