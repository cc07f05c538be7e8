// bpf_object: described from bytes, loaded from bytes, closed.
#pragma once

#include <bpf/libbpf.h>
#include <napi.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arguments.h"
#include "fd.h"
#include "log.h"

namespace node_libbpf {

struct OpenRequest {
  // The memory of a JavaScript array that is never changed or transferred. Not copied: copying a large object
  // takes as long as opening it.
  Memory bytes;
  std::string name;
  std::string pinRoot;
  std::string kconfig;
  std::string btfPath;
  std::optional<std::string> token;  // the path of a bpffs, or "": no token
  bool verbose;
};

struct ProgramRequest {
  uint32_t index;
  int32_t type;
  int32_t attachType;
  uint32_t flags;
  bool dropSection;  // discard the section's handler: the only way to clear the flag of a ".s" section
  bool autoload;
  std::string target;  // empty: use the section's target
  std::shared_ptr<const Fd>
      targetProgram;  // a descriptor of the program that has the target; null: the kernel
  uint32_t logLevel;  // not 0: use a log of its own, even if the program loads
};

struct InnerRequest {
  uint32_t type;
  uint32_t keySize;
  uint32_t valueSize;
  uint32_t maxEntries;
  uint32_t flags;
};

struct MapRequest {
  uint32_t index;
  uint32_t valueSize;
  uint32_t maxEntries;
  uint32_t flags;
  uint32_t numaNode;
  uint64_t mapExtra;
  bool autocreate;
  std::optional<InnerRequest> inner;  // where it was changed
  std::string pinPath;
  std::string initial;              // empty: keep the compiled value
  std::vector<uint32_t> without;    // for a struct_ops map: offsets of members whose program to remove
  std::shared_ptr<const Fd> reuse;  // a descriptor of the map to use; null: create one
  int32_t exclusiveProgram;         // the index of the only program that may use the map, or -1
};

struct LoadRequest {
  OpenRequest open;
  std::vector<ProgramRequest> programs;
  std::vector<MapRequest> maps;
};

// A mapping of a map's values, shared with the kernel (BPF_F_MMAPABLE, Linux 5.5). The library maps them
// itself, because libbpf does it at load only since 1.5.
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
  // Returns the mapping of a map of variables, which the first call creates. On failure it is empty and
  // `error` is -errno: -ENOENT if the map was not created, -ERANGE if it can't be mapped.
  const Mapping& memory(uint32_t index, int* error);

 private:
  Pointer object_;
  bool verbose_;
  std::vector<bpf_program*> programs_;
  std::vector<bpf_map*> maps_;
  std::vector<Mapping> mappings_;  // by map index; empty until used
};

void exportObject(Napi::Object exports);

}  // namespace node_libbpf
