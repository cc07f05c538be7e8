// A ring buffer, read where the kernel put its records: JavaScript gets a table of where they are.
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>

#include "map.h"
#include "scratch.h"
#include "shared_memory.h"

namespace node_libbpf {

// Mapped here and not by libbpf: its ring_buffer makes a call for each record, and keeps to itself where the
// data is.
class RingBuffer {
 public:
  // Null, and -errno in `error`, if it can't be mapped.
  static std::shared_ptr<RingBuffer> open(std::shared_ptr<Map> map, int* error);

  int fd() const { return map_->fd(); }

  // Writes where the next records are to the table: at most `limit` pairs of offset and length. Returns how
  // many; after 0 the poller tells of the next one. The same ones come again until they are given back.
  int take(uint32_t limit);
  // The first `done` of the records that were taken last.
  void giveBack(uint32_t done);

  // Records that are committed and not given back.
  uint32_t pending() const;

  // Records and bytes given back, records that programs discarded, bytes waiting, the most bytes that ever
  // waited, bytes in all.
  static constexpr size_t kStats = 6;
  void stats(double* out) const;

  // The data, read-only (or a copy of what was taken); and the table.
  Napi::Value data(Napi::Env env);
  Napi::Value table(Napi::Env env) { return table_.buffer(env); }
  void detach(Napi::Env env) { data_.detach(env); }

 private:
  struct Pages;
  // From record to record, from the consumer's position to the producer's.
  struct Walk {
    const char* data;  // at `start`
    uint64_t start, position, end;
    uint32_t length;
    bool discarded;
    bool stale;  // somebody else who has the map moved the consumer's position: what is there is no header
    // Moves behind a record; false at the end, or if it is not committed yet.
    bool next();
  };
  // What was handed out last, by positions in the ring.
  struct Taken {
    uint64_t start = 0, end = 0;
    uint32_t records = 0, discarded = 0;
    uint64_t bytes = 0;
    void add(const Walk& record) {
      records += record.discarded ? 0 : 1;
      discarded += record.discarded ? 1 : 0;
      bytes += record.discarded ? 0 : record.length;
    }
  };
  RingBuffer(std::shared_ptr<Map> map, std::shared_ptr<Pages> pages);

  Walk walk() const;
  int copyTaken();

  std::shared_ptr<Map> map_;  // owns the fd
  std::shared_ptr<Pages> pages_;
  SharedMemory data_;
  Scratch table_;
  Scratch copy_;  // where external memory is forbidden
  bool copies_ = false;
  Taken taken_;
  uint64_t delivered_ = 0, bytes_ = 0, discarded_ = 0, highWater_ = 0;
};

void exportRingBuffer(Napi::Object exports);

}  // namespace node_libbpf
