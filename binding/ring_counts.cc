#include "ring_counts.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <sys/mman.h>

#include <cerrno>

namespace node_libbpf {

namespace {

// RINGBUF_COUNTS_SLOTS of include/node-libbpf/ringbuf.h.
constexpr uint32_t kSlots = 64;

uint64_t load(const uint64_t& value) { return __atomic_load_n(&value, __ATOMIC_ACQUIRE); }
void store(uint64_t& value, uint64_t to) { __atomic_store_n(&value, to, __ATOMIC_RELEASE); }

}  // namespace

// struct ringbuf_counts
struct alignas(64) RingCounts::Slot {
  uint64_t attempts, failures, discards, bytes;
};

struct RingCounts::Taken {
  uint64_t position, delivered;
};

RingCounts::~RingCounts() {
  if (memory_ != nullptr) munmap(memory_, size_);
}

int RingCounts::map(int fd) {
  size_ = (kSlots + 1) * sizeof(Slot);
  bpf_map_info info = {};
  uint32_t length = sizeof(info);
  const int error = bpf_obj_get_info_by_fd(fd, &info, &length);
  if (error < 0) return error;
  if (info.type != BPF_MAP_TYPE_ARRAY || info.value_size != sizeof(Slot) || info.max_entries != kSlots + 1)
    return -EINVAL;
  void* memory = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return -errno;
  memory_ = memory;
  return 0;
}

RingCounts::Slot* RingCounts::slots() const { return static_cast<Slot*>(memory_); }

// Two entries: that of the present position, and one to write the next to.
RingCounts::Taken* RingCounts::taken() const { return reinterpret_cast<Taken*>(slots() + kSlots); }

RingCounts::Totals RingCounts::totals() const {
  Totals sum;
  // Attempts are added first, so they are read last: no reader sees more results than attempts.
  for (uint32_t i = 0; i < kSlots; i++) {
    const Slot& slot = slots()[i];
    sum.discards += load(slot.discards);
    sum.failures += load(slot.failures);
    sum.bytes += load(slot.bytes);
  }
  for (uint32_t i = 0; i < kSlots; i++) sum.attempts += load(slots()[i].attempts);
  return sum;
}

int RingCounts::entryOf(uint64_t position) const {
  const Taken* both = taken();
  if (both[1].position == position) return 1;
  if (both[0].position == position) return 0;
  // Another program has read the ring. What it took is not counted.
  return both[1].position > both[0].position ? 1 : 0;
}

uint64_t RingCounts::delivered(uint64_t position) const { return load(taken()[entryOf(position)].delivered); }

void RingCounts::deliver(uint64_t former, uint64_t position, uint64_t records) {
  const int now = entryOf(former);
  Taken& next = taken()[1 - now];
  store(next.delivered, load(taken()[now].delivered) + records);
  store(next.position, position);
}

}  // namespace node_libbpf
