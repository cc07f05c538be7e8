// The counters that programs keep beside a ring buffer (include/node-libbpf/ringbuf.h), and the readers' own.
#pragma once

#include <cstddef>
#include <cstdint>

namespace node_libbpf {

// The map's memory: a slot for each CPU, and behind them the readers' count.
class RingCounts {
 public:
  RingCounts() = default;
  RingCounts(const RingCounts&) = delete;
  RingCounts& operator=(const RingCounts&) = delete;
  ~RingCounts();

  // Maps the memory of the map with this descriptor. Returns 0 or -errno.
  int map(int fd);
  bool present() const { return memory_ != nullptr; }

  struct Totals {
    uint64_t attempts = 0, failures = 0, discards = 0, bytes = 0;
  };
  Totals totals() const;

  // Number of records that readers had taken when they set the consumer's position to `position`.
  uint64_t delivered(uint64_t position) const;
  // Counts records. To be called before the consumer's position is set from `former` to `position`: of a
  // reader that dies in between, the next one finds the count that belongs to the former position.
  void deliver(uint64_t former, uint64_t position, uint64_t records);

 private:
  struct Slot;
  struct Taken;
  Slot* slots() const;
  Taken* taken() const;
  int entryOf(uint64_t position) const;

  void* memory_ = nullptr;
  size_t size_ = 0;
};

}  // namespace node_libbpf
