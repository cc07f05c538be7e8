// A ring buffer, read in place: JavaScript gets a table of the records' positions.
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>

#include "map.h"
#include "ring_counts.h"
#include "scratch.h"
#include "shared_memory.h"

namespace node_libbpf {

// Maps the ring itself instead of using libbpf's ring_buffer, which makes a call for each record and does not
// expose the address of the data.
class RingBuffer {
 public:
  // `counts` is the descriptor of the map of its counters, or negative. Returns null, and sets `error` to
  // -errno, if the memory can't be mapped.
  static std::shared_ptr<RingBuffer> open(std::shared_ptr<Map> map, int counts, int* error);

  int fd() const { return map_->fd(); }

  // Writes the positions of the next records to the table: at most `limit` pairs of offset and length.
  // Returns the number of records; after 0 the poller reports the next one. Returns the same records again
  // until they are given back.
  int take(uint32_t limit);
  // Gives back the first `done` of the records that were taken last.
  void giveBack(uint32_t done);

  // Number of records in the ring that are not given back, those included that programs are still writing.
  uint32_t pending() const;

  // In the order of the implementation.
  static constexpr size_t kStats = 11;
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
    bool stale;  // the position does not point to a header: another process with this map moved it, or
                 // programs have overwritten the record
    // Advances to the next record. Returns false at the end, or if the next record is not committed yet.
    bool next(bool pastBusy = false);
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
    // Whether there is room for another.
    bool goesOn(uint32_t limit) const;
    void list(const Walk& record, uint32_t* table, uint64_t shift);
  };
  RingBuffer(std::shared_ptr<Map> map, std::shared_ptr<Pages> pages);

  Walk walk() const;
  Walk walkTaken() const;
  void moveTo(uint64_t position, uint32_t records);
  int takeInPlace(uint32_t* table, uint32_t limit);
  int copyIntact(uint32_t* table, uint32_t limit);
  bool keepFrom(uint64_t oldest, uint32_t* table);
  void skipTo(uint64_t position);
  int copyTaken();
  void useCopies();

  std::shared_ptr<Map> map_;  // owns the fd
  std::shared_ptr<Pages> pages_;
  RingCounts counts_;
  bool overwrites_ = false;  // BPF_F_RB_OVERWRITE
  SharedMemory data_;
  Scratch table_;
  Scratch copy_;  // used where external memory is forbidden
  bool copies_ = false;
  Taken taken_;
  const char* takenCopy_ = nullptr;  // of a ring that overwrites
  uint64_t delivered_ = 0, bytes_ = 0, discarded_ = 0, highWater_ = 0, overwritten_ = 0;
};

void exportRingBuffer(Napi::Object exports);

}  // namespace node_libbpf
