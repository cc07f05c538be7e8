// State that one Node.js environment (the main thread or a worker) owns, and the integers that name it in
// JavaScript.
//
// A handle is an integer that encodes kind, generation and index. A handle of another kind, of a closed
// object or of another environment is not found, and the call returns -EBADF: memory safety does not depend
// on what JavaScript passes.
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "fd.h"
#include "jobs.h"
#include "poller.h"

namespace node_libbpf {

class Object;
class Map;
class Link;
class RingBuffer;
class PerfBuffer;
class UserRingBuffer;

template <class T, uint32_t kKind>
class Table {
 public:
  int32_t add(std::shared_ptr<T> value) {
    uint32_t index;
    if (free_.empty()) {
      if (slots_.size() > kIndexMask) return -EMFILE;
      index = static_cast<uint32_t>(slots_.size());
      slots_.emplace_back();
    } else {
      index = free_.back();
      free_.pop_back();
    }
    slots_[index].value = std::move(value);
    return static_cast<int32_t>(slots_[index].generation << 20 | kKind << 16 | index);
  }

  // Used by every map operation, so it counts no reference.
  T* find(int32_t handle) const {
    const Slot* slot = at(handle);
    return slot == nullptr ? nullptr : slot->value.get();
  }

  // Keeps the object alive for work that continues after JavaScript closes the handle.
  std::shared_ptr<T> share(int32_t handle) const {
    const Slot* slot = at(handle);
    return slot == nullptr ? nullptr : slot->value;
  }

  std::shared_ptr<T> remove(int32_t handle) {
    if (at(handle) == nullptr) return nullptr;
    const uint32_t index = static_cast<uint32_t>(handle) & kIndexMask;
    Slot& slot = slots_[index];
    slot.generation = (slot.generation + 1) & kGenerationMask;
    free_.push_back(index);
    return std::move(slot.value);
  }

 private:
  static constexpr uint32_t kIndexMask = 0xffff;
  static constexpr uint32_t kGenerationMask = 0x7ff;  // leaves the sign bit 0: a negative result is an errno

  struct Slot {
    std::shared_ptr<T> value;
    uint32_t generation = 1;
  };

  const Slot* at(int32_t handle) const {
    const uint32_t bits = static_cast<uint32_t>(handle);
    const uint32_t index = bits & kIndexMask;
    if ((bits >> 16 & 0xf) != kKind || index >= slots_.size()) return nullptr;
    const Slot& slot = slots_[index];
    return slot.generation == bits >> 20 && slot.value != nullptr ? &slot : nullptr;
  }

  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
};

struct Environment {
  // Members are destroyed in reverse order, so objects outlive everything that refers to them.
  Table<Object, 1> objects;
  Table<Map, 2> maps;
  Table<Link, 3> links;
  Table<RingBuffer, 4> rings;
  Table<PerfBuffer, 5> perfBuffers;
  Table<UserRingBuffer, 6> userRings;
  Table<Fd, 7> iterators;
  Table<Fd, 8> programs;  // opened by a pin or an id: they belong to no object
  Table<Fd, 9> stats;

  // Creates the poller at the first call. Returns null, and sets `error` to -errno, on failure.
  Poller* poller(Napi::Env env, int* error) {
    if (poller_ == nullptr) poller_ = Poller::create(env, error);
    return poller_.get();
  }

  // Returns null if memory is exhausted.
  Jobs* jobs(Napi::Env env) {
    if (jobs_ == nullptr) jobs_ = Jobs::create(env);
    return jobs_.get();
  }

  // Null before the poller is created.
  Poller* poller() { return poller_.get(); }

  static Environment& of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

 private:
  std::unique_ptr<Poller> poller_;
  std::unique_ptr<Jobs> jobs_;
};

}  // namespace node_libbpf
