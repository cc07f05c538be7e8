// Descriptors that JavaScript waits for: all of an environment's on one epoll instance, which Node's event
// loop watches, or a thread where there is none that can (Bun, Deno).
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>

namespace node_libbpf {

class Poller {
 public:
  // Null, and -errno in `error`, if the event loop can't be had.
  static std::unique_ptr<Poller> create(Napi::Env env, int* error);
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // From now on the listener hears of `handle` each time that `fd` gets ready for `events` (EPOLLIN,
  // EPOLLOUT). Edge-triggered: it hears once, and again when there is something new after that. A ring whose
  // first record is reserved and not yet committed is "readable" to epoll all the while, which a sleeping
  // program can stretch at will.
  int add(int fd, int32_t handle, uint32_t events);
  void remove(int fd);

  // The same for perf events. Polling one clears its readiness (perf_poll(): atomic_xchg(&rb->poll, 0)), and
  // the event loop has polled it before this epoll instance is asked: so the listener hears of it each time
  // that anything is ready.
  int addOnEveryWakeup(int fd, int32_t handle);
  void removeOnEveryWakeup(int fd, int32_t handle);

  // Calls `listener` with the handles that are ready.
  void listen(Napi::Function listener);
  // Whether waiting keeps the process alive.
  void ref(bool alive);

 private:
  struct Handle;
  struct LoopHandle;
  struct ThreadHandle;
  explicit Poller(Handle* handle) : handle_(handle) {}
  template <class Kind>
  static std::unique_ptr<Poller> createWith(Napi::Env env, int* error);

  Handle* handle_;  // deletes itself; null once it is closing
};

void exportPoller(Napi::Object exports);

}  // namespace node_libbpf
