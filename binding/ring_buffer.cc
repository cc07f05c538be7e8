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

// BPF_F_RB_OVERWRITE, since Linux 6.19.
constexpr uint32_t kOverwrite = 1u << 19;

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
  // The position of the oldest record that is still there, in a ring that overwrites. To be read after
  // produced().
  unsigned long oldest() const {
    return __atomic_load_n(reinterpret_cast<unsigned long*>(producer) + 2, __ATOMIC_ACQUIRE);
  }
  const char* data() const { return producer + page; }
};

RingBuffer::RingBuffer(std::shared_ptr<Map> map, std::shared_ptr<Pages> pages)
    : map_(std::move(map)),
      pages_(std::move(pages)),
      overwrites_((map_->flags() & kOverwrite) != 0),
      data_(pages_, const_cast<char*>(pages_->data()), 2 * pages_->size),
      table_(2 * sizeof(uint32_t) * kRecords) {
  // Records have to be copied before they can be trusted.
  if (overwrites_) useCopies();
}

std::shared_ptr<RingBuffer> RingBuffer::open(std::shared_ptr<Map> map, int counts, int* error) {
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
  std::shared_ptr<RingBuffer> ring(new RingBuffer(std::move(map), std::move(pages)));
  *error = counts < 0 ? 0 : ring->counts_.map(counts);
  return *error < 0 ? nullptr : ring;
}

Napi::Value RingBuffer::data(Napi::Env env) {
  if (!copies_) {
    const Napi::Value buffer = data_.buffer(env);
    if (!buffer.IsEmpty()) return buffer;
    useCopies();
  }
  return copy_.buffer(env);
}

void RingBuffer::useCopies() {
  copies_ = true;
  copy_ = Scratch(pages_->size);
}

// Inlined: it runs for each record.
[[gnu::always_inline]] inline bool RingBuffer::Walk::next(bool pastBusy) {
  if (position >= end) return false;
  const uint32_t header =
      __atomic_load_n(reinterpret_cast<const uint32_t*>(data + (position - start)), __ATOMIC_ACQUIRE);
  if ((header & BPF_RINGBUF_BUSY_BIT) != 0 && !pastBusy) return false;
  length = header & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
  discarded = (header & BPF_RINGBUF_DISCARD_BIT) != 0;
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
  walk.start = __atomic_load_n(pages_->consumed(), __ATOMIC_RELAXED);
  walk.end = pages_->produced();
  if (overwrites_) walk.start = std::max<uint64_t>(walk.start, pages_->oldest());
  walk.position = walk.start;
  walk.data = pages_->data() + (walk.start & (pages_->size - 1));
  walk.stale = walk.end - walk.start > pages_->size;
  if (walk.stale) walk.end = walk.start;
  return walk;
}

// The records that were taken last.
RingBuffer::Walk RingBuffer::walkTaken() const {
  Walk walk;
  walk.start = walk.position = taken_.start;
  walk.end = taken_.end;
  walk.data = overwrites_ ? takenCopy_ : pages_->data() + (walk.start & (pages_->size - 1));
  walk.stale = false;
  return walk;
}

void RingBuffer::moveTo(uint64_t position, uint32_t records) {
  unsigned long* consumed = pages_->consumed();
  if (counts_.present()) counts_.deliver(*consumed, position, records);
  __atomic_store_n(consumed, position, __ATOMIC_RELEASE);
}

void RingBuffer::giveBack(uint32_t done) {
  if (taken_.end == taken_.start) return;
  Taken kept = taken_;
  if (done < taken_.records) {
    kept = {taken_.start, taken_.start};
    for (Walk each = walkTaken(); kept.records < done && each.next(); kept.end = each.position)
      kept.add(each);
  }
  delivered_ += kept.records;
  bytes_ += kept.bytes;
  discarded_ += kept.discarded;
  moveTo(kept.end, kept.records);
  taken_ = {};
}

int RingBuffer::take(uint32_t limit) {
  auto* table = reinterpret_cast<uint32_t*>(table_.data());
  if (table == nullptr) return -EBADF;
  limit = std::min(limit, kRecords);
  do {
    if (taken_.records == 0)
      giveBack(0);  // frees records that were discarded and preceded by none that was taken
    const int error = overwrites_ ? copyIntact(table, limit) : takeInPlace(table, limit);
    if (error < 0) return error;
  } while (taken_.records == 0 && taken_.discarded > 0);
  return copies_ && !overwrites_ ? copyTaken() : static_cast<int>(taken_.records);
}

bool RingBuffer::Taken::goesOn(uint32_t limit) const { return records < limit && end - start < kBytes; }

// Appends a record. The table has its entry, unless it was discarded and another one follows.
void RingBuffer::Taken::list(const Walk& record, uint32_t* table, uint64_t shift) {
  table[size_t{2} * records] = static_cast<uint32_t>(shift + (end - start) + BPF_RINGBUF_HDR_SZ);
  table[size_t{2} * records + 1] = record.length;
  add(record);
  end = record.position;
}

int RingBuffer::takeInPlace(uint32_t* table, uint32_t limit) {
  // The kernel wakes a waiter only for a record at the consumer's position (bpf_ringbuf_commit). The new
  // position must be visible to the kernel before the record's header is read here. Otherwise the record
  // could be committed in between, without a wake-up.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  Walk each = walk();
  highWater_ = std::max(highWater_, each.end - each.start);
  // The offset of the data in JavaScript's buffer.
  const uint64_t shift = copies_ ? 0 : each.data - pages_->data();
  Taken taken = {each.start, each.start};
  while (taken.goesOn(limit) && each.next()) taken.list(each, table, shift);
  taken_ = taken;
  return each.stale && taken.records == 0 ? -ESTALE : 0;
}

// The kernel moves `oldest` before it writes over a record (__bpf_ringbuf_reserve). So a record was intact
// when it was copied if `oldest` has not passed it afterwards. x86 keeps the order of the kernel's stores;
// others need not, since there is no barrier between them.
int RingBuffer::copyIntact(uint32_t* table, uint32_t limit) {
  char* copy = copy_.data();
  if (copy == nullptr) return -EBADF;
  for (;;) {
    skipTo(walk().start);
    std::atomic_thread_fence(std::memory_order_seq_cst);  // as in takeInPlace()
    Walk each = walk();
    if (each.start != *pages_->consumed()) continue;
    highWater_ = std::max(highWater_, each.end - each.start);
    Taken taken = {each.start, each.start};
    while (taken.goesOn(limit) && each.next()) {
      const uint64_t at = taken.end - taken.start;
      memcpy(copy + at, each.data + at, each.position - taken.end);
      taken.list(each, table, 0);
    }
    taken_ = taken;
    takenCopy_ = copy;
    std::atomic_thread_fence(std::memory_order_seq_cst);
    const uint64_t oldest = pages_->oldest();
    if (oldest <= taken_.start) return each.stale && taken_.records == 0 ? -ESTALE : 0;
    if (keepFrom(oldest, table)) return 0;
    // Read again: copying is faster than writing, so this ends.
  }
}

// Keeps the taken records from position `oldest`. False if none of them began there: the headers before it
// were read while they were overwritten.
bool RingBuffer::keepFrom(uint64_t oldest, uint32_t* table) {
  const Taken all = taken_;
  taken_ = {};
  const uint64_t shift = oldest - all.start;
  uint32_t first = 0;
  while (first < all.records && table[size_t{2} * first] != shift + BPF_RINGBUF_HDR_SZ) first++;
  if (first == all.records) return false;
  skipTo(oldest);
  takenCopy_ += shift;
  taken_ = {oldest, all.end};
  Walk each = walkTaken();
  taken_.end = oldest;
  while (each.next()) taken_.list(each, table, shift);
  return true;
}

// Skips what programs have overwritten.
void RingBuffer::skipTo(uint64_t position) {
  const uint64_t consumed = *pages_->consumed();
  if (position == consumed) return;
  overwritten_ += position - consumed;
  moveTo(position, 0);
}

int RingBuffer::copyTaken() {
  char* copy = copy_.data();
  if (copy == nullptr) return -EBADF;
  memcpy(copy, pages_->data() + (taken_.start & (pages_->size - 1)), taken_.end - taken_.start);
  return static_cast<int>(taken_.records);
}

uint32_t RingBuffer::pending() const {
  uint32_t records = 0;
  // While programs overwrite it there is no exact answer.
  for (int tries = 0; tries < 3; tries++) {
    Walk each = walk();
    for (records = 0; each.next(true);) records += each.discarded ? 0 : 1;
    if (!overwrites_ || pages_->oldest() <= each.start) break;
  }
  return records;
}

void RingBuffer::stats(double* out) const {
  RingCounts::Totals totals;
  const uint64_t consumed = *pages_->consumed();
  const uint64_t delivered = counts_.present() ? counts_.delivered(consumed) : delivered_;
  uint64_t produced = pages_->produced();
  // Between a program's write and its count they differ.
  for (int tries = 0; counts_.present() && tries < 100; tries++) {
    totals = counts_.totals();
    produced = pages_->produced();
    if (totals.bytes == produced) break;
  }
  const uint64_t start = walk().start;
  const uint64_t values[kStats] = {
      delivered,
      bytes_,
      discarded_,
      produced - start,
      highWater_,
      pages_->size,
      overwritten_ + (start - consumed),
      counts_.present() ? uint64_t{1} : 0,
      totals.attempts - totals.discards,
      totals.failures,
      produced - totals.bytes,
  };
  std::copy(std::begin(values), std::end(values), out);
}

namespace {

// ringOpen(map, counts): `counts` is the descriptor of the map of its counters, or -1. Returns the ring's
// handle, which the poller reports, or -errno
Napi::Value open(const Napi::CallbackInfo& info) {
  const int counts = int32Of(info[1]);
  const auto make = [counts](std::shared_ptr<Map> map, int* error) {
    return RingBuffer::open(std::move(map), counts, error);
  };
  return openWatched<&Environment::rings>(
      info, make, [](Poller& poller, int fd, int32_t handle) { return poller.add(fd, handle, EPOLLIN); });
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
