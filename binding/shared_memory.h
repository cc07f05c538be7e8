// Memory that JavaScript sees, without a copy, as an ArrayBuffer.
//
// The buffer's finalizer owns a share of the memory: it lives until native code and V8 have both let go of
// it, wherever JavaScript has transferred the buffer to meanwhile.
#pragma once

#include <napi.h>

#include <memory>

namespace node_libbpf {

class SharedMemory {
 public:
  SharedMemory() = default;
  // `data` belongs to `owner`.
  SharedMemory(std::shared_ptr<void> owner, char* data, size_t size)
      : owner_(std::move(owner)), data_(data), size_(size) {}

  bool empty() const { return data_ == nullptr; }
  char* data() const { return data_; }
  size_t size() const { return size_; }

  // The same buffer each time; empty where the runtime forbids external memory (V8's sandbox, as in
  // Electron).
  Napi::Value buffer(Napi::Env env);
  // Cuts the buffer off: its length, and that of all views, becomes 0.
  void detach(Napi::Env env);

 private:
  std::shared_ptr<void> owner_;
  char* data_ = nullptr;
  size_t size_ = 0;
  Napi::Reference<Napi::ArrayBuffer> buffer_;
};

}  // namespace node_libbpf
