// Memory that both native code and JavaScript write, as an ArrayBuffer.
#pragma once

#include <napi.h>

#include <cstdlib>
#include <memory>

#include "shared_memory.h"

namespace node_libbpf {

// External memory, or memory of V8 where the runtime forbids external memory.
class Scratch {
 public:
  Scratch() = default;
  explicit Scratch(size_t size) : size_(size) {}

  // Returns the same buffer each time; empty if memory is exhausted.
  Napi::Value buffer(Napi::Env env) {
    if (!own_.IsEmpty()) return own_.Value();
    if (shared_.empty()) {
      // Of large memory the kernel gives what is written to.
      std::shared_ptr<char> bytes(static_cast<char*>(calloc(size_, 1)), free);
      if (bytes == nullptr) return {};
      shared_ = SharedMemory(bytes, bytes.get(), size_);
    }
    const Napi::Value buffer = shared_.buffer(env);
    if (!buffer.IsEmpty()) return buffer;
    shared_ = SharedMemory();
    own_ = Napi::Reference<Napi::ArrayBuffer>::New(Napi::ArrayBuffer::New(env, size_), 1);
    return own_.Value();
  }

  // Null before buffer(), or if JavaScript has transferred the buffer of V8.
  char* data() {
    if (!shared_.empty()) return shared_.data();
    if (own_.IsEmpty()) return nullptr;
    Napi::ArrayBuffer buffer = own_.Value();
    return buffer.ByteLength() >= size_ ? static_cast<char*>(buffer.Data()) : nullptr;
  }

 private:
  size_t size_ = 0;
  SharedMemory shared_;
  Napi::Reference<Napi::ArrayBuffer> own_;
};

}  // namespace node_libbpf
