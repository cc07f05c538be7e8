// bpf_object: described from bytes, loaded from bytes, closed.
#pragma once

#include <bpf/libbpf.h>
#include <napi.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "log.h"

namespace node_libbpf {

struct OpenRequest {
  // JavaScript's own, which never change and are never given away: a copy of a large object costs as much as
  // opening it does.
  std::string_view bytes;
  std::string name;
  std::string pinRoot;
  std::string kconfig;
  std::string btfPath;
  bool verbose = false;
};

struct ProgramRequest {
  uint32_t index;
  int32_t type;
  int32_t attachType;
  uint32_t flags;
  bool dropSection;  // forget what the section name says: the only way to clear the flag of a ".s" section
  bool autoload;
  std::string target;  // empty: the section's
  uint32_t logLevel;   // other than 0: a log of its own, whether or not it loads
};

struct InnerRequest {
  bool changed = false;
  uint32_t type = 0;
  uint32_t keySize = 0;
  uint32_t valueSize = 0;
  uint32_t maxEntries = 0;
  uint32_t flags = 0;
};

struct MapRequest {
  uint32_t index;
  uint32_t valueSize;
  uint32_t maxEntries;
  uint32_t flags;
  uint32_t numaNode;
  uint64_t mapExtra;
  bool autocreate;
  InnerRequest inner;
  std::string pinPath;
  std::string initial;            // empty: as compiled
  std::vector<uint32_t> without;  // of a struct_ops map: members that are to have no program
};

struct LoadRequest {
  OpenRequest open;
  std::vector<ProgramRequest> programs;
  std::vector<MapRequest> maps;
};

// A map's values in this process's memory, shared with the kernel (BPF_F_MMAPABLE, Linux 5.5). Mapped here
// and not taken from libbpf, which does it at load only since 1.5.
class Mapping {
 public:
  Mapping() = default;
  Mapping(int fd, size_t size, bool writable);
  ~Mapping();
  Mapping(Mapping&& other) noexcept;
  Mapping& operator=(Mapping&& other) noexcept;

  char* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  char* data_ = nullptr;
  size_t size_ = 0;
};

class Object {
 public:
  struct Close {
    void operator()(bpf_object* object) const { bpf_object__close(object); }
  };
  using Pointer = std::unique_ptr<bpf_object, Close>;

  Object(Pointer object, bool verbose);

  bpf_object* get() const { return object_.get(); }
  bpf_program* program(uint32_t index) const { return index < programs_.size() ? programs_[index] : nullptr; }
  bpf_map* map(uint32_t index) const { return index < maps_.size() ? maps_[index] : nullptr; }
  const std::vector<bpf_program*>& programs() const { return programs_; }
  const std::vector<bpf_map*>& maps() const { return maps_; }
  bool verbose() const { return verbose_; }
  // The memory of a map of variables, mapped when first asked for; empty, and -errno in `error`, where it
  // can't be: -ENOENT where there is no map, -ERANGE where it is one that can't be mapped.
  const Mapping& memory(uint32_t index, int* error);

 private:
  Pointer object_;
  bool verbose_;
  std::vector<bpf_program*> programs_;
  std::vector<bpf_map*> maps_;
  std::vector<Mapping> mappings_;  // by map, empty until used
};

void exportObject(Napi::Object exports);

}  // namespace node_libbpf
