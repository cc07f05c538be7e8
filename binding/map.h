// Maps, from wherever they come: operations on keys and values in memory that is shared with JavaScript.
// Integers cross, nothing is allocated.
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
  // Asks the kernel what it is: the sizes that memory safety hangs on are the kernel's own. Null, and -errno
  // in `error`, if that fails.
  static std::shared_ptr<Map> of(Fd fd, int* error);

  int fd() const { return fd_.get(); }
  uint32_t type() const { return type_; }
  uint32_t keySize() const { return keySize_; }
  uint32_t maxEntries() const { return maxEntries_; }
  // Bytes of one value as user space sees it: one for each possible CPU, on 8 bytes each, for a per-CPU map.
  size_t valueSize() const { return valueSize_; }

  // The memory of single elements: count (4 bytes, on 8), cursor of a batch, key, next key, value, each on 8
  // bytes. An ArrayBuffer, or a number: -errno.
  Napi::Value scratch(Napi::Env env);

  int lookup(uint64_t flags);
  int update(uint64_t flags);
  int remove(uint64_t flags);
  // The value of the scratch's key, which is gone then; for a queue or stack, the next one.
  int take(uint64_t flags);
  // Writes the key after the scratch's key (or the first one) over the scratch's key.
  int nextKey(bool first);

  // Up to `count` elements from the scratch's cursor (or the first ones). How many there were is the
  // scratch's count, whatever is returned; -ENOENT: these were the last ones.
  int readBatch(bool first, uint32_t count, char* keys, char* values, uint64_t flags);
  // `count` packed keys, one after the other; the scratch's count tells how many were done. found[i] is 1 for
  // a key that was there.
  int lookupMany(uint32_t count, const char* keys, char* values, char* found, uint64_t flags);
  int updateMany(uint32_t count, const char* keys, const char* values, uint64_t flags);
  int removeMany(uint32_t count, const char* keys, char* found);

  // The map's memory (BPF_F_MMAPABLE, arenas), mapped when first asked for. `object` owns an arena that
  // libbpf has mapped. Empty, and -errno in `error`, if that fails.
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
  uint32_t kernelValueSize_ = 0;
  size_t valueSize_ = 0;
  size_t cursor_ = 0, key_ = 0, next_ = 0, value_ = 0;  // offsets in the scratch
  Scratch scratch_;
  SharedMemory memory_;
};

void exportMap(Napi::Object exports);
void exportMapMaking(Napi::Object exports);

}  // namespace node_libbpf
