#include "ring_buffer.h"

#include <linux/bpf.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "arguments.h"
#include "calls.h"
#include "environment.h"
#include "record_calls.h"
#include "watched.h"

namespace node_libbpf {

namespace {

// The number of pairs in the table, and the number of bytes that are taken at once (one record may be
// longer): this frees the ring's space in steps.
constexpr uint32_t kRecords = 4096;
constexpr uint64_t kBytes = 64 << 10;

// Prefetch distance, in records.
constexpr uint64_t kAhead = 16;
// Most records' fields lie within this many bytes after the header, possibly in the next cache line.
constexpr uint64_t kLine = 40;

constexpr uint64_t align8(uint64_t size) { return (size + 7) & ~uint64_t{7}; }

}  // namespace

// The mapping that kernel/bpf/ringbuf.c offers: one page with the consumer's position, one with the
// producer's, and the data twice in a row, so that a record that wraps around is contiguous.
struct RingBuffer::Pages {
  char* consumer = nullptr;
  char* producer = nullptr;
  size_t page = 0;
  size_t size = 0;

  ~Pages() {
    if (consumer != nullptr) munmap(consumer, page);
    if (producer != nullptr) munmap(producer, page + 2 * size);
  }

  int map(int fd, uint32_t entries) {
    page = sysconf(_SC_PAGESIZE);
    size = entries;
    void* own = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (own == MAP_FAILED) return -errno;
    consumer = static_cast<char*>(own);
    void* rest = mmap(nullptr, page + 2 * size, PROT_READ, MAP_SHARED, fd, static_cast<off_t>(page));
    if (rest == MAP_FAILED) return -errno;
    producer = static_cast<char*>(rest);
    return 0;
  }

  // The kernel's type is unsigned long, and the positions never wrap at the ring's size.
  unsigned long* consumed() const { return reinterpret_cast<unsigned long*>(consumer); }
  unsigned long produced() const {
    return __atomic_load_n(reinterpret_cast<unsigned long*>(producer), __ATOMIC_ACQUIRE);
  }
  const char* data() const { return producer + page; }
};

RingBuffer::RingBuffer(std::shared_ptr<Map> map, std::shared_ptr<Pages> pages)
    : map_(std::move(map)),
      pages_(std::move(pages)),
      data_(pages_, const_cast<char*>(pages_->data()), 2 * pages_->size),
      table_(2 * sizeof(uint32_t) * kRecords) {}

std::shared_ptr<RingBuffer> RingBuffer::open(std::shared_ptr<Map> map, int* error) {
  if (map->type() != BPF_MAP_TYPE_RINGBUF) {
    *error = -EINVAL;
    return nullptr;
  }
  // JavaScript computes fastest with Int32 offsets.
  if (map->maxEntries() > 1u << 30) {
    *error = -EFBIG;
    return nullptr;
  }
  auto pages = std::make_shared<Pages>();
  *error = pages->map(map->fd(), map->maxEntries());
  if (*error < 0) return nullptr;
  return std::shared_ptr<RingBuffer>(new RingBuffer(std::move(map), std::move(pages)));
}

Napi::Value RingBuffer::data(Napi::Env env) {
  if (!copies_) {
    const Napi::Value buffer = data_.buffer(env);
    if (!buffer.IsEmpty()) return buffer;
    copies_ = true;
    copy_ = Scratch(pages_->size);
  }
  return copy_.buffer(env);
}

bool RingBuffer::Walk::next() {
  if (position >= end) return false;
  const uint32_t header =
      __atomic_load_n(reinterpret_cast<const uint32_t*>(data + (position - start)), __ATOMIC_ACQUIRE);
  if ((header & BPF_RINGBUF_BUSY_BIT) != 0) return false;
  length = header & ~BPF_RINGBUF_DISCARD_BIT;
  discarded = header != length;
  const uint64_t size = BPF_RINGBUF_HDR_SZ + align8(length);
  if (size > end - position) {
    stale = true;
    return false;
  }
  // The processor can't predict the position of headers. If records have equal size, this prefetches a later
  // header.
  const char* ahead = data + (position - start) + kAhead * size;
  __builtin_prefetch(ahead);
  if (size > kLine) __builtin_prefetch(ahead + kLine);
  position += size;
  return true;
}

RingBuffer::Walk RingBuffer::walk() const {
  Walk walk;
  walk.start = walk.position = __atomic_load_n(pages_->consumed(), __ATOMIC_RELAXED);
  walk.end = pages_->produced();
  walk.data = pages_->data() + (walk.start & (pages_->size - 1));
  walk.stale = walk.end - walk.start > pages_->size;
  if (walk.stale) walk.end = walk.start;
  return walk;
}

void RingBuffer::giveBack(uint32_t done) {
  if (taken_.end == taken_.start) return;
  Taken kept = taken_;
  if (done < taken_.records) {
    kept = {taken_.start, taken_.start};
    for (Walk each = walk(); kept.records < done && each.next(); kept.end = each.position) kept.add(each);
  }
  delivered_ += kept.records;
  bytes_ += kept.bytes;
  discarded_ += kept.discarded;
  __atomic_store_n(pages_->consumed(), kept.end, __ATOMIC_RELEASE);
  taken_ = {};
}

int RingBuffer::take(uint32_t limit) {
  auto* table = reinterpret_cast<uint32_t*>(table_.data());
  if (table == nullptr) return -EBADF;
  limit = std::min(limit, kRecords);
  do {
    if (taken_.records == 0)
      giveBack(0);  // frees records that were discarded and preceded by none that was taken
    // The kernel wakes a waiter only for a record at the consumer's position (bpf_ringbuf_commit). The new
    // position must be visible to the kernel before the record's header is read here. Otherwise the record
    // could be committed in between, without a wake-up.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    Walk each = walk();
    highWater_ = std::max(highWater_, each.end - each.start);
    // The offset of the data in JavaScript's buffer.
    const uint64_t shift = copies_ ? 0 : each.data - pages_->data();
    Taken taken = {each.start, each.start};
    while (taken.records < limit && taken.end - taken.start < kBytes && each.next()) {
      table[2 * taken.records] =
          static_cast<uint32_t>(shift + (taken.end - taken.start) + BPF_RINGBUF_HDR_SZ);
      table[2 * taken.records + 1] = each.length;
      taken.add(each);
      taken.end = each.position;
    }
    taken_ = taken;
    if (each.stale && taken.records == 0) return -ESTALE;
  } while (taken_.records == 0 && taken_.discarded > 0);
  return copies_ ? copyTaken() : static_cast<int>(taken_.records);
}

int RingBuffer::copyTaken() {
  char* copy = copy_.data();
  if (copy == nullptr) return -EBADF;
  memcpy(copy, pages_->data() + (taken_.start & (pages_->size - 1)), taken_.end - taken_.start);
  return static_cast<int>(taken_.records);
}

uint32_t RingBuffer::pending() const {
  uint32_t records = 0;
  for (Walk each = walk(); each.next();) records += each.discarded ? 0 : 1;
  return records;
}

void RingBuffer::stats(double* out) const {
  const uint64_t lag = pages_->produced() - *pages_->consumed();
  const uint64_t values[kStats] = {delivered_, bytes_, discarded_, lag, highWater_, pages_->size};
  std::copy(std::begin(values), std::end(values), out);
}

namespace {

// ringOpen(map): returns the ring's handle, which the poller reports, or -errno
Napi::Value open(const Napi::CallbackInfo& info) {
  return openWatched<&Environment::rings>(info, RingBuffer::open, [](Poller& poller, int fd, int32_t handle) {
    return poller.add(fd, handle, EPOLLIN);
  });
}

// ringClose(ring): returns 0 or -EBADF
Napi::Value close(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  const std::shared_ptr<RingBuffer> ring = environment.rings.remove(int32Of(info[0]));
  if (ring == nullptr) return status(info.Env(), -EBADF);
  environment.poller()->remove(ring->fd());
  ring->detach(info.Env());
  return status(info.Env(), 0);
}

}  // namespace

void exportRingBuffer(Napi::Object exports) {
  exportCall<open>(exports, "ringOpen");
  RecordCalls<RingBuffer, &Environment::rings>::exportTo(exports, "ring");
  exportCall<close>(exports, "ringClose");
}

}  // namespace node_libbpf
