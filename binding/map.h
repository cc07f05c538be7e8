// Map operations on keys and values in memory that is shared with JavaScript: integers cross, nothing is
// allocated.
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>

#include "object.h"

namespace node_libbpf {

class Map {
 public:
  // `scratch` belongs to the JavaScript map: key, next key and value, each on 8 bytes.
  Map(std::shared_ptr<Object> object, int fd, uint32_t keySize, Napi::ArrayBuffer scratch);

  int lookup(uint64_t flags) const;
  int update(uint64_t flags) const;
  int remove() const;
  // Writes the key after the scratch's key (or the first one) over the scratch's key.
  int nextKey(bool first) const;

  static size_t scratchSize(uint32_t keySize, size_t valueSize);
  // Bytes of one value as user space sees it: one for each possible CPU, on 8 bytes each, for a per-CPU map.
  static size_t userValueSize(uint32_t type, uint32_t valueSize);

 private:
  std::shared_ptr<Object> object_;  // owns the fd
  int fd_;
  uint32_t keySize_;
  char* key_;
  char* next_;
  char* value_;
  Napi::Reference<Napi::ArrayBuffer> scratch_;  // keeps the memory above alive
};

void exportMap(Napi::Env env, Napi::Object exports);

}  // namespace node_libbpf
