// A user ring buffer: sends records from this process to a program.
#pragma once

#include <bpf/libbpf.h>
#include <napi.h>

#include <cstdint>
#include <memory>

#include "map.h"

namespace node_libbpf {

class UserRingBuffer {
 public:
  // Returns null, and sets `error` to -errno, if the ring can't be mapped.
  static std::shared_ptr<UserRingBuffer> open(std::shared_ptr<Map> map, int* error);

  int fd() const { return map_->fd(); }

  // Submits records that are packed one after the other, until one does not fit. Returns the number
  // submitted, or the -errno of the first record (-ENOSPC: the ring is full).
  int submit(const char* records, const uint32_t* lengths, uint32_t count);

 private:
  struct Free {
    void operator()(user_ring_buffer* ring) const { user_ring_buffer__free(ring); }
  };
  explicit UserRingBuffer(std::shared_ptr<Map> map) : map_(std::move(map)) {}

  std::shared_ptr<Map> map_;  // destroyed last: owns the fd
  std::unique_ptr<user_ring_buffer, Free> ring_;
};

void exportUserRingBuffer(Napi::Object exports);

}  // namespace node_libbpf
