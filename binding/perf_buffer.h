// A perf buffer: one ring for each CPU. Records are copied out of the rings; JavaScript gets a table of their
// positions, as for a ring buffer.
#pragma once

#include <bpf/libbpf.h>
#include <napi.h>

#include <cstdint>
#include <memory>

#include "map.h"
#include "scratch.h"

namespace node_libbpf {

class PerfBuffer {
 public:
  struct Options {
    uint32_t pages;   // size of each CPU's ring: a power of two
    uint32_t wakeup;  // number of records on a CPU that wake a waiter
  };
  // Returns null, and sets `error` to -errno, if an event can't be opened on each online CPU.
  static std::shared_ptr<PerfBuffer> open(std::shared_ptr<Map> map, Options options, int* error);

  int fd() const { return perf_buffer__epoll_fd(buffer_.get()); }

  // Copies the next records, all of one CPU, and writes their positions to the table: at most `limit` pairs
  // of offset and length. Returns the number of records. Returns the same records again until they are given
  // back.
  int take(uint32_t limit);
  // Gives back the first `done` of the records that were taken last.
  void giveBack(uint32_t done);

  // Number of records that are present and not given back.
  uint32_t pending() const;

  // The CPU of the records that were taken last; records and bytes given back; records lost.
  static constexpr size_t kStats = 4;
  void stats(double* out) const;

  Napi::Value data(Napi::Env env) { return data_.buffer(env); }
  Napi::Value table(Napi::Env env) { return table_.buffer(env); }

 private:
  struct Free {
    void operator()(perf_buffer* buffer) const { perf_buffer__free(buffer); }
  };
  explicit PerfBuffer(std::shared_ptr<Map> map);
  static enum bpf_perf_event_ret onRecord(void* self, int cpu, perf_event_header* header);
  bool add(const char* record, uint32_t length);

  std::shared_ptr<Map> map_;  // destroyed last: owns the fd
  std::unique_ptr<perf_buffer, Free> buffer_;
  Scratch data_;
  Scratch table_;
  size_t next_ = 0;  // the CPU to read next
  // Records that were taken and not given back.
  uint32_t count_ = 0, limit_ = 0, used_ = 0;
  int cpu_ = 0;
  uint64_t delivered_ = 0, bytes_ = 0, lost_ = 0;
};

void exportPerfBuffer(Napi::Object exports);

}  // namespace node_libbpf
