#include "jobs.h"

#include <pthread.h>

#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>

#include "guarded.h"
#include "outcome.h"

namespace node_libbpf {

namespace {

// Threads of one environment. Further jobs wait.
constexpr unsigned kThreads = 16;
constexpr size_t kStack = 256 << 10;

}  // namespace

// State that the threads use. They share ownership, because it outlives the environment.
struct Jobs::Shared {
  std::mutex mutex;
  std::condition_variable more;
  std::deque<std::shared_ptr<Job>> waiting;
  std::shared_ptr<Job> done;  // the newest; a linked list through next_
  unsigned threads = 0;
  unsigned idle = 0;
  bool closed = false;
  napi_threadsafe_function wake = nullptr;
  Jobs* owner = nullptr;  // used by the JavaScript thread only

  void close() {
    const std::lock_guard<std::mutex> lock(mutex);
    closed = true;
    owner = nullptr;
    more.notify_all();
  }

  void tell(std::shared_ptr<Job> job) {
    job->next_ = std::move(done);
    done = std::move(job);
  }

  // The main function of a thread.
  void work() {
    std::unique_lock<std::mutex> lock(mutex);
    while (!closed) {
      if (waiting.empty()) {
        idle++;
        more.wait(lock);
        idle--;
        continue;
      }
      std::shared_ptr<Job> job = std::move(waiting.front());
      waiting.pop_front();
      lock.unlock();
      job->error = guarded([&] { return job->run(), job->error; }, [] { return -ENOMEM; });
      lock.lock();
      if (closed) break;
      tell(std::move(job));
      napi_call_threadsafe_function(wake, nullptr, napi_tsfn_nonblocking);
    }
    threads--;
  }

  static void* thread(void* mine) {
    const std::unique_ptr<std::shared_ptr<Shared>> share(static_cast<std::shared_ptr<Shared>*>(mine));
    (*share)->work();
    return nullptr;
  }

  // Starts a thread if a waiting job can use it; on failure does nothing.
  static void addThread(const std::shared_ptr<Shared>& shared) {
    if (shared->idle >= shared->waiting.size() || shared->threads >= kThreads) return;
    auto share = std::make_unique<std::shared_ptr<Shared>>(shared);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, kStack);
    pthread_t id;
    if (pthread_create(&id, &attributes, thread, share.get()) == 0) {
      static_cast<void>(share.release());  // the thread owns it now
      shared->threads++;
    }
    pthread_attr_destroy(&attributes);
  }
};

std::unique_ptr<Jobs> Jobs::create(Napi::Env env) {
  auto shared = std::make_shared<Shared>();
  std::unique_ptr<Jobs> jobs(new Jobs(shared));
  auto share = std::make_unique<std::shared_ptr<Shared>>(shared);
  const napi_status created = napi_create_threadsafe_function(
      env, nullptr, nullptr, Napi::String::New(env, "node_libbpf"), 0, 1, nullptr,
      // The environment ends: no thread calls from here on.
      [](napi_env, void*, void* context) {
        const std::unique_ptr<std::shared_ptr<Shared>> own(static_cast<std::shared_ptr<Shared>*>(context));
        (*own)->close();
      },
      share.get(),
      [](napi_env raw, napi_value, void* context, void*) {
        // A wake-up that was queued when the environment ended: the finalizer has freed the context
        // (EmptyQueueAndDelete() in Node.js, src/node_api.cc).
        if (raw == nullptr) return;
        Jobs* owner = (*static_cast<std::shared_ptr<Shared>*>(context))->owner;
        if (owner != nullptr) owner->settle(raw);
      },
      &shared->wake);
  if (created != napi_ok) return nullptr;
  static_cast<void>(share.release());  // the finalizer owns it now
  napi_unref_threadsafe_function(env, shared->wake);
  shared->owner = jobs.get();
  return jobs;
}

Jobs::~Jobs() { shared_->close(); }

Napi::Promise Jobs::run(Napi::Env env, std::shared_ptr<Job> job) {
  napi_value promise = nullptr;
  napi_create_promise(env, &job->deferred_, &promise);
  bool told = false;
  {
    const std::lock_guard<std::mutex> lock(shared_->mutex);
    shared_->waiting.push_back(job);
    if (job->error == 0) Shared::addThread(shared_);
    if (job->error == 0 && shared_->threads == 0) job->error = -EAGAIN;
    told = job->error != 0;
    if (told) {
      shared_->waiting.pop_back();
      shared_->tell(std::move(job));
    }
  }
  promised_++;
  napi_ref_threadsafe_function(env, shared_->wake);
  if (told)
    settle(env);
  else
    shared_->more.notify_one();
  return Napi::Promise(env, promise);
}

void Jobs::settle(Napi::Env env) {
  std::shared_ptr<Job> job;
  {
    const std::lock_guard<std::mutex> lock(shared_->mutex);
    job = std::move(shared_->done);
  }
  for (; job != nullptr; job = std::move(job->next_)) {
    promised_--;
    settlePromise(env, job->deferred_, [&] { return job->toJs(env); });
  }
  if (promised_ == 0) napi_unref_threadsafe_function(env, shared_->wake);
}

}  // namespace node_libbpf
