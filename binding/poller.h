// Waits for descriptors: one epoll instance for each environment. Node's event loop watches it, or a thread
// if the runtime's event loop can't (Bun, Deno).
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>

namespace node_libbpf {

class Poller {
 public:
  // Returns null, and sets `error` to -errno, if the event loop is not available.
  static std::unique_ptr<Poller> create(Napi::Env env, int* error);
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // Reports `handle` to the listener each time `fd` becomes ready for `events` (EPOLLIN, EPOLLOUT).
  // Edge-triggered: reports once, and again when something new arrives. A ring whose first record is reserved
  // and not yet committed is "readable" to epoll all the time, and a sleepable program can keep it in that
  // state for long.
  int add(int fd, int32_t handle, uint32_t events);
  void remove(int fd);

  // The same for perf events. Polling one clears its readiness (perf_poll(): atomic_xchg(&rb->poll, 0)), and
  // the event loop polls it before this epoll instance does. So its handle is reported each time that any
  // descriptor is ready.
  int addOnEveryWakeup(int fd, int32_t handle);
  void removeOnEveryWakeup(int fd, int32_t handle);

  // Sets the function that is called with the ready handles.
  void listen(Napi::Function listener);
  // Sets whether waiting keeps the process alive.
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
