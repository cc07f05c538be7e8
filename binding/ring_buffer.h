// A ring buffer read from the event loop: JavaScript waits for it to become readable, then takes a batch of
// records.
#pragma once

#include <bpf/libbpf.h>
#include <napi.h>
#include <uv.h>

#include <memory>
#include <vector>

#include "map.h"

namespace node_libbpf {

// A uv_poll_t on an fd. uv handles are closed in two steps: the memory is freed by uv's callback, which an
// async cleanup hook waits for when the environment (a worker, say) goes down first.
class Poller {
 public:
  static std::unique_ptr<Poller> create(Napi::Env env, int fd);
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // Calls `callback` once when the fd is readable; keeps the process alive until then.
  int wait(Napi::Function callback);
  void cancel();

 private:
  struct Handle;
  explicit Poller(Handle* handle) : handle_(handle) {}

  Handle* handle_;  // freed by uv's close callback
};

class RingBuffer {
 public:
  RingBuffer(std::shared_ptr<Map> map) : map_(std::move(map)) {}

  int open(Napi::Env env);
  // Takes at most `maxRecords` records. Each is 4 bytes length, 4 bytes zero, the record, padding to 8 bytes.
  // Returns how many there were, or -errno.
  int consume(uint32_t maxRecords);
  const std::vector<char>& batch() const { return batch_; }
  Poller* poller() { return poller_.get(); }

 private:
  struct Free {
    void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
  };
  static int onRecord(void* self, void* data, size_t size);

  std::shared_ptr<Map> map_;  // destroyed last: owns the fd
  std::unique_ptr<ring_buffer, Free> ring_;
  std::unique_ptr<Poller> poller_;  // destroyed first: polls the ring's epoll fd
  std::vector<char> batch_;
  uint32_t records_ = 0;
  uint32_t maxRecords_ = 0;
};

void exportRingBuffer(Napi::Env env, Napi::Object exports);

}  // namespace node_libbpf
