// Memory that JavaScript accesses in place as an ArrayBuffer.
//
// The buffer's finalizer shares ownership of the memory: the memory stays allocated until both native code
// and V8 have released it, even if JavaScript has transferred the buffer.
#pragma once

#include <napi.h>

#include <memory>

namespace node_libbpf {

class SharedMemory {
 public:
  SharedMemory() = default;
  // `owner` keeps `data` allocated.
  SharedMemory(std::shared_ptr<void> owner, char* data, size_t size)
      : owner_(std::move(owner)), data_(data), size_(size) {}

  bool empty() const { return data_ == nullptr; }
  char* data() const { return data_; }
  size_t size() const { return size_; }

  // Returns the same buffer each time; empty if the runtime forbids external memory (V8's sandbox, as in
  // Electron).
  Napi::Value buffer(Napi::Env env);
  // Detaches the buffer: its length, and the length of all views, becomes 0.
  void detach(Napi::Env env);

 private:
  std::shared_ptr<void> owner_;
  char* data_ = nullptr;
  size_t size_ = 0;
  Napi::Reference<Napi::ArrayBuffer> buffer_;
};

}  // namespace node_libbpf
