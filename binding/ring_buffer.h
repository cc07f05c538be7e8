// A ring buffer, read in place: JavaScript gets a table of the records' positions.
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>

#include "map.h"
#include "scratch.h"
#include "shared_memory.h"

namespace node_libbpf {

// Maps the ring itself instead of using libbpf's ring_buffer, which makes a call for each record and does not
// expose the address of the data.
class RingBuffer {
 public:
  // Returns null, and sets `error` to -errno, if the ring can't be mapped.
  static std::shared_ptr<RingBuffer> open(std::shared_ptr<Map> map, int* error);

  int fd() const { return map_->fd(); }

  // Writes the positions of the next records to the table: at most `limit` pairs of offset and length.
  // Returns the number of records; after 0 the poller reports the next one. Returns the same records again
  // until they are given back.
  int take(uint32_t limit);
  // Gives back the first `done` of the records that were taken last.
  void giveBack(uint32_t done);

  // Number of records that are committed and not given back.
  uint32_t pending() const;

  // Records and bytes given back; records that programs discarded; bytes waiting; the most bytes that waited
  // at any read; the ring's size in bytes.
  static constexpr size_t kStats = 6;
  void stats(double* out) const;

  // The data, read-only (or a copy of the taken records), and the table.
  Napi::Value data(Napi::Env env);
  Napi::Value table(Napi::Env env) { return table_.buffer(env); }
  void detach(Napi::Env env) { data_.detach(env); }

 private:
  struct Pages;
  // Iterates over the records from the consumer's position to the producer's.
  struct Walk {
    const char* data;  // the address of position `start`
    uint64_t start, position, end;
    uint32_t length;
    bool discarded;
    bool stale;  // another process with this map moved the consumer's position, so it does not point to a
                 // header
    // Advances to the next record. Returns false at the end, or if the next record is not committed yet.
    bool next();
  };
  // The records that were taken last, by their positions in the ring.
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
  Scratch copy_;  // used where external memory is forbidden
  bool copies_ = false;
  Taken taken_;
  uint64_t delivered_ = 0, bytes_ = 0, discarded_ = 0, highWater_ = 0;
};

void exportRingBuffer(Napi::Object exports);

}  // namespace node_libbpf
