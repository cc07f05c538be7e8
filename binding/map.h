// Maps of any origin: operations on keys and values in memory that is shared with JavaScript. Calls pass only
// integers and allocate nothing.
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>

#include "fd.h"
#include "scratch.h"
#include "shared_memory.h"

namespace node_libbpf {

class Object;

class Map {
 public:
  // Reads the map's properties from the kernel, so that memory safety depends only on the kernel's sizes.
  // Returns null, and sets `error` to -errno, on failure.
  static std::shared_ptr<Map> of(Fd fd, int* error);

  int fd() const { return fd_.get(); }
  uint32_t type() const { return type_; }
  uint32_t keySize() const { return keySize_; }
  uint32_t maxEntries() const { return maxEntries_; }
  uint32_t flags() const { return flags_; }
  // Bytes of one value in user space. For a per-CPU map: one value for each possible CPU, each aligned to 8
  // bytes.
  size_t valueSize() const { return valueSize_; }

  // The memory for single elements: count (4 bytes), batch cursor, key, next key, value, each aligned to 8
  // bytes. Returns an ArrayBuffer, or -errno as a number.
  Napi::Value scratch(Napi::Env env);

  int lookup(uint64_t flags);
  int update(uint64_t flags);
  int remove(uint64_t flags);
  // Reads the value of the scratch memory's key and deletes the element; for a queue or stack, the next
  // element.
  int take(uint64_t flags);
  // Writes the key after the scratch memory's key (or the first key) to the scratch memory's key.
  int nextKey(bool first);

  // Reads up to `count` elements from the scratch memory's cursor (or from the start). Always sets the
  // scratch memory's count to the number of elements read; -ENOENT means that these were the last.
  int readBatch(bool first, uint32_t count, char* keys, char* values, uint64_t flags);
  // Process `count` packed keys. The scratch memory's count is the number of keys processed. found[i] is 1 if
  // the key existed.
  int lookupMany(uint32_t count, const char* keys, char* values, char* found, uint64_t flags);
  int updateMany(uint32_t count, const char* keys, const char* values, uint64_t flags);
  int removeMany(uint32_t count, const char* keys, char* found);

  // Returns the map's memory (BPF_F_MMAPABLE, arenas), which the first call maps. `object` owns an arena that
  // libbpf has mapped. On failure the memory is empty, and `error` is -errno.
  SharedMemory& memory(const std::shared_ptr<Object>& object, uint32_t index, int* error);
  void unmap(Napi::Env env);

 private:
  Map() = default;
  void* keyOf(char* base) const;
  void setCount(uint32_t count);

  Fd fd_;
  uint32_t type_ = 0;
  uint32_t keySize_ = 0;
  uint32_t maxEntries_ = 0;
  uint32_t flags_ = 0;
  uint32_t kernelValueSize_ = 0;
  size_t valueSize_ = 0;
  size_t cursor_ = 0, key_ = 0, next_ = 0, value_ = 0;  // offsets in the scratch memory
  Scratch scratch_;
  SharedMemory memory_;
};

void exportMap(Napi::Object exports);
void exportMapMaking(Napi::Object exports);

}  // namespace node_libbpf
