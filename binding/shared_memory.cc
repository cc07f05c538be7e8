#include "shared_memory.h"

#include <cstdlib>

namespace node_libbpf {

namespace {

// Set, this simulates a runtime that forbids external memory, for tests.
const bool kForbidden = getenv("NODE_LIBBPF_NO_EXTERNAL_MEMORY") != nullptr;

}  // namespace

Napi::Value SharedMemory::buffer(Napi::Env env) {
  if (!buffer_.IsEmpty()) return buffer_.Value();
  if (kForbidden) return {};
  auto share = std::make_unique<std::shared_ptr<void>>(owner_);
  napi_value result;
  const napi_status status = napi_create_external_arraybuffer(
      env, data_, size_,
      [](napi_env, void*, void* hint) { delete static_cast<std::shared_ptr<void>*>(hint); }, share.get(),
      &result);
  if (status != napi_ok) return {};
  static_cast<void>(share.release());  // the finalizer owns it now
  buffer_ = Napi::Reference<Napi::ArrayBuffer>::New(Napi::ArrayBuffer(env, result), 1);
  return Napi::Value(env, result);
}

void SharedMemory::detach(Napi::Env env) {
  if (buffer_.IsEmpty()) return;
  const Napi::HandleScope scope(env);
  Napi::ArrayBuffer buffer = buffer_.Value();
  if (!buffer.IsDetached()) buffer.Detach();
  buffer_.Reset();
}

}  // namespace node_libbpf
