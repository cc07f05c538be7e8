#include "perf_buffer.h"

#include <linux/perf_event.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "arguments.h"
#include "calls.h"
#include "environment.h"
#include "fields.h"
#include "log.h"
#include "record_calls.h"
#include "watched.h"

namespace node_libbpf {

namespace {

constexpr uint32_t kRecords = 4096;
constexpr uint32_t kBytes = 1 << 18;
// perf_event_header.size is a 16-bit field.
constexpr uint32_t kLongest = 1 << 16;

// The layout of the records that libbpf passes; its own declarations are private.
struct Sample {
  perf_event_header header;
  uint32_t size;
  char data[];
};
struct Lost {
  perf_event_header header;
  uint64_t id;
  uint64_t lost;
};

constexpr uint32_t align8(uint32_t size) { return (size + 7) & ~uint32_t{7}; }

}  // namespace

PerfBuffer::PerfBuffer(std::shared_ptr<Map> map)
    : map_(std::move(map)), data_(kBytes), table_(2 * sizeof(uint32_t) * kRecords) {}

std::shared_ptr<PerfBuffer> PerfBuffer::open(std::shared_ptr<Map> map, Options options, int* error) {
  perf_event_attr attributes = {};
  attributes.size = sizeof(attributes);
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_BPF_OUTPUT;
  attributes.sample_type = PERF_SAMPLE_RAW;
  attributes.wakeup_events = options.wakeup;
  std::shared_ptr<PerfBuffer> perf(new PerfBuffer(std::move(map)));
  const LogScope silent(false);
  perf->buffer_.reset(
      perf_buffer__new_raw(perf->map_->fd(), options.pages, &attributes, onRecord, perf.get(), nullptr));
  if (perf->buffer_ != nullptr) return perf;
  *error = -errno;
  return nullptr;
}

int PerfBuffer::take(uint32_t limit) {
  if (data_.data() == nullptr || table_.data() == nullptr || limit == 0) return -EBADF;
  if (count_ > 0) return static_cast<int>(std::min(limit, count_));
  limit_ = std::min(limit, kRecords);
  const size_t cpus = perf_buffer__buffer_cnt(buffer_.get());
  for (size_t i = 0; i < cpus && count_ == 0; i++) {
    // Fails only if libbpf can't allocate the buffer in which it joins a record that wraps around.
    const int error = perf_buffer__consume_buffer(buffer_.get(), next_);
    next_ = (next_ + 1) % cpus;
    if (error < 0 && count_ == 0) return -ENOMEM;
  }
  return static_cast<int>(count_);
}

enum bpf_perf_event_ret PerfBuffer::onRecord(void* context, int cpu, perf_event_header* header) {
  auto* self = static_cast<PerfBuffer*>(context);
  self->cpu_ = cpu;
  if (header->type == PERF_RECORD_LOST && header->size >= sizeof(Lost)) {
    self->lost_ += reinterpret_cast<const Lost*>(header)->lost;
  }
  if (header->type != PERF_RECORD_SAMPLE || header->size < sizeof(Sample)) return LIBBPF_PERF_EVENT_CONT;
  const auto* sample = reinterpret_cast<const Sample*>(header);
  const auto room = static_cast<uint32_t>(header->size - sizeof(Sample));
  // Any result but CONT ends the read and consumes this record (libbpf, perf_event_read_simple).
  return self->add(sample->data, std::min(sample->size, room)) ? LIBBPF_PERF_EVENT_CONT
                                                               : LIBBPF_PERF_EVENT_DONE;
}

// Returns false if another record might not fit.
bool PerfBuffer::add(const char* record, uint32_t length) {
  auto* table = reinterpret_cast<uint32_t*>(table_.data());
  memcpy(data_.data() + used_, record, length);
  table[size_t{2} * count_] = used_;
  table[size_t{2} * count_ + 1] = length;
  count_++;
  used_ += align8(length);
  return count_ < limit_ && kBytes - used_ >= kLongest;
}

void PerfBuffer::giveBack(uint32_t done) {
  auto* table = reinterpret_cast<uint32_t*>(table_.data());
  if (table == nullptr) return;
  done = std::min(done, count_);
  for (uint32_t i = 0; i < done; i++) bytes_ += table[2 * i + 1];
  delivered_ += done;
  count_ -= done;
  memmove(table, table + size_t{2} * done, 2 * sizeof(uint32_t) * count_);
  if (count_ == 0) used_ = 0;
}

uint32_t PerfBuffer::pending() const {
  uint32_t records = count_;
  const size_t page = sysconf(_SC_PAGESIZE);
  for (size_t i = 0; i < perf_buffer__buffer_cnt(buffer_.get()); i++) {
    void* start = nullptr;
    size_t size = 0;
    if (perf_buffer__buffer(buffer_.get(), static_cast<int>(i), &start, &size) < 0) continue;
    const auto* ring = static_cast<const perf_event_mmap_page*>(start);
    const auto* data = static_cast<const char*>(start) + page;
    const uint64_t head = __atomic_load_n(&ring->data_head, __ATOMIC_ACQUIRE);
    for (uint64_t tail = ring->data_tail; tail < head;) {
      // Records are multiples of 8 bytes, so a header does not wrap around.
      const auto* header = reinterpret_cast<const perf_event_header*>(data + (tail & (size - 1)));
      if (header->size == 0) break;
      if (header->type == PERF_RECORD_SAMPLE) records++;
      tail += header->size;
    }
  }
  return records;
}

void PerfBuffer::stats(double* out) const {
  const uint64_t values[kStats] = {static_cast<uint64_t>(cpu_), delivered_, bytes_, lost_};
  std::copy(std::begin(values), std::end(values), out);
}

namespace {

// perfOpen(map, { pages, wakeupEvents }): returns the buffer's handle, which the poller reports, or -errno
Napi::Value open(const Napi::CallbackInfo& info) {
  const Request request(info[1]);
  const PerfBuffer::Options options = {.pages = request["pages"], .wakeup = request["wakeupEvents"]};
  return openWatched<&Environment::perfBuffers>(
      info,
      [options](std::shared_ptr<Map> map, int* error) {
        return PerfBuffer::open(std::move(map), options, error);
      },
      [](Poller& poller, int fd, int32_t handle) { return poller.addOnEveryWakeup(fd, handle); });
}

// perfClose(perf): returns 0 or -EBADF
Napi::Value close(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  const int32_t handle = int32Of(info[0]);
  const std::shared_ptr<PerfBuffer> perf = environment.perfBuffers.remove(handle);
  if (perf == nullptr) return status(info.Env(), -EBADF);
  environment.poller()->removeOnEveryWakeup(perf->fd(), handle);
  return status(info.Env(), 0);
}

}  // namespace

void exportPerfBuffer(Napi::Object exports) {
  exportCall<open>(exports, "perfOpen");
  RecordCalls<PerfBuffer, &Environment::perfBuffers>::exportTo(exports, "perf");
  exportCall<close>(exports, "perfClose");
}

}  // namespace node_libbpf
