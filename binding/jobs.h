// Runs work that may sleep as long as a BPF program does, on dedicated threads: libuv's pool serves file and
// DNS operations, and a process that exits waits for it.
#pragma once

#include <napi.h>

#include <memory>

namespace node_libbpf {

// Work that runs on a thread and becomes the value of a promise. The environment does not wait for it when it
// ends, so a job owns what it uses and refers to nothing in JavaScript.
class Job {
 public:
  virtual ~Job() = default;
  // Runs on a thread, unless `error` is already set.
  virtual void run() = 0;
  virtual Napi::Value toJs(Napi::Env env) = 0;

  int error = 0;  // 0 or -errno

 private:
  friend class Jobs;
  napi_deferred deferred_ = nullptr;
  std::shared_ptr<Job> next_;  // list of finished jobs; intrusive, so that finishing allocates no memory
};

class Jobs {
 public:
  // Returns null if memory is exhausted.
  static std::unique_ptr<Jobs> create(Napi::Env env);
  ~Jobs();
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;

  // Runs the job on a thread as soon as one is free. If no thread can be started, the job ends with -EAGAIN.
  Napi::Promise run(Napi::Env env, std::shared_ptr<Job> job);

 private:
  struct Shared;
  explicit Jobs(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  void settle(Napi::Env env);

  std::shared_ptr<Shared> shared_;
  unsigned promised_ = 0;
};

}  // namespace node_libbpf
