#include "user_ring_buffer.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <numeric>

#include "arguments.h"
#include "calls.h"
#include "environment.h"
#include "log.h"
#include "watched.h"

namespace node_libbpf {

std::shared_ptr<UserRingBuffer> UserRingBuffer::open(std::shared_ptr<Map> map, int* error) {
  std::shared_ptr<UserRingBuffer> ring(new UserRingBuffer(std::move(map)));
  const LogScope silent(false);
  ring->ring_.reset(user_ring_buffer__new(ring->map_->fd(), nullptr));
  if (ring->ring_ != nullptr) return ring;
  *error = -errno;
  return nullptr;
}

int UserRingBuffer::submit(const char* records, const uint32_t* lengths, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    void* record = user_ring_buffer__reserve(ring_.get(), lengths[i]);
    if (record == nullptr) return i > 0 ? static_cast<int>(i) : -errno;
    std::copy_n(records, lengths[i], static_cast<char*>(record));
    records += lengths[i];
    user_ring_buffer__submit(ring_.get(), record);
  }
  return static_cast<int>(count);
}

namespace {

// userRingOpen(map): returns the ring's handle, which the poller reports when the program has drained it, or
// -errno
Napi::Value open(const Napi::CallbackInfo& info) {
  return openWatched<&Environment::userRings>(
      info, UserRingBuffer::open,
      [](Poller& poller, int fd, int32_t handle) { return poller.add(fd, handle, EPOLLOUT); });
}

// userRingSubmit(ring, records: Uint8Array, lengths: Uint32Array): returns the number of records submitted,
// or the -errno of the first
Napi::Value submit(const Napi::CallbackInfo& info) {
  UserRingBuffer* ring = Environment::of(info.Env()).userRings.find(int32Of(info[0]));
  if (ring == nullptr) return status(info.Env(), -EBADF);
  const Memory records = memoryOf(info[1]);
  const Memory table = memoryOf<napi_uint32_array, sizeof(uint32_t)>(info[2]);
  const auto* lengths = reinterpret_cast<const uint32_t*>(table.data);
  const size_t count = table.size / sizeof(uint32_t);
  if (std::accumulate(lengths, lengths + count, uint64_t{0}) > records.size)
    return status(info.Env(), -EINVAL);
  return status(info.Env(), ring->submit(records.data, lengths, static_cast<uint32_t>(count)));
}

// userRingClose(ring): returns 0 or -EBADF
Napi::Value close(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  const std::shared_ptr<UserRingBuffer> ring = environment.userRings.remove(int32Of(info[0]));
  if (ring == nullptr) return status(info.Env(), -EBADF);
  environment.poller()->remove(ring->fd());
  return status(info.Env(), 0);
}

}  // namespace

void exportUserRingBuffer(Napi::Object exports) {
  exportCall<open>(exports, "userRingOpen");
  exportCall<submit>(exports, "userRingSubmit");
  exportCall<close>(exports, "userRingClose");
}

}  // namespace node_libbpf
