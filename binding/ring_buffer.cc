#include "ring_buffer.h"

#include <cerrno>
#include <cstring>
#include <new>

#include "arguments.h"
#include "environment.h"
#include "log.h"
#include "map.h"

namespace node_libbpf {

// --- Poller ---

struct Poller::Handle {
  uv_poll_t* poll = nullptr;
  napi_env env = nullptr;
  napi_async_cleanup_hook_handle hook = nullptr;
  napi_async_context context = nullptr;
  Napi::FunctionReference callback;
  Poller* owner = nullptr;  // null once closing

  void close() {
    uv_poll_stop(poll);
    callback.Reset();
    napi_async_destroy(env, context);
    if (owner != nullptr) owner->handle_ = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(poll), [](uv_handle_t* closed) {
      auto* self = static_cast<Handle*>(closed->data);
      napi_remove_async_cleanup_hook(self->hook);
      ::operator delete(closed);
      delete self;
    });
  }

  static void onReadable(uv_poll_t* poll, int, int) {
    auto* self = static_cast<Handle*>(poll->data);
    const Napi::Env env(self->env);
    const Napi::HandleScope scope(env);
    const Napi::Function callback = self->callback.Value();
    // One call for each wait(): the fd stays readable until JavaScript has consumed, however long that takes.
    uv_poll_stop(poll);
    self->callback.Reset();
    callback.MakeCallback(env.Global(), 0, nullptr, self->context);
  }
};

std::unique_ptr<Poller> Poller::create(Napi::Env env, int fd) {
  uv_loop_t* loop = nullptr;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) return nullptr;
  auto handle = std::make_unique<Handle>();
  handle->env = env;
  // uv_poll_t's size is the running Node's, not that of the headers.
  auto* poll = static_cast<uv_poll_t*>(::operator new(uv_handle_size(UV_POLL)));
  if (uv_poll_init(loop, poll, fd) != 0) {
    ::operator delete(poll);
    return nullptr;
  }
  poll->data = handle.get();
  handle->poll = poll;
  napi_async_init(env, nullptr, Napi::String::New(env, "node_libbpf"), &handle->context);
  napi_add_async_cleanup_hook(
      env, [](napi_async_cleanup_hook_handle, void* data) { static_cast<Handle*>(data)->close(); },
      handle.get(), &handle->hook);
  std::unique_ptr<Poller> poller(new Poller(handle.get()));
  handle->owner = poller.get();
  handle.release();  // uv's close callback deletes it
  return poller;
}

Poller::~Poller() {
  if (handle_ == nullptr) return;
  handle_->owner = nullptr;
  handle_->close();
}

int Poller::wait(Napi::Function callback) {
  if (handle_ == nullptr) return -EBADF;
  if (!handle_->callback.IsEmpty()) return -EBUSY;
  handle_->callback = Napi::Persistent(callback);
  const int error = uv_poll_start(handle_->poll, UV_READABLE, Handle::onReadable);
  if (error != 0) handle_->callback.Reset();
  return error;
}

void Poller::cancel() {
  if (handle_ == nullptr) return;
  uv_poll_stop(handle_->poll);
  handle_->callback.Reset();
}

// --- RingBuffer ---

int RingBuffer::open(Napi::Env env) {
  ring_.reset(ring_buffer__new(map_->fd(), onRecord, this, nullptr));
  if (ring_ == nullptr) return -errno;
  poller_ = Poller::create(env, ring_buffer__epoll_fd(ring_.get()));
  return poller_ == nullptr ? -ENOMEM : 0;
}

int RingBuffer::consume(uint32_t maxRecords) {
  batch_.clear();
  records_ = 0;
  maxRecords_ = maxRecords;
  const int result = ring_buffer__consume(ring_.get());
  if (result < 0 && result != -ECANCELED) return result;
  return static_cast<int>(records_);
}

int RingBuffer::onRecord(void* context, void* data, size_t size) {
  auto* self = static_cast<RingBuffer*>(context);
  const size_t start = self->batch_.size();
  self->batch_.resize(start + 8 + ((size + 7) & ~size_t{7}));
  const auto length = static_cast<uint32_t>(size);
  memcpy(self->batch_.data() + start, &length, sizeof(length));
  memcpy(self->batch_.data() + start + 8, data, size);
  // A negative result ends the batch with this record consumed (libbpf, ringbuf_process_ring).
  return ++self->records_ >= self->maxRecords_ ? -ECANCELED : 0;
}

namespace {

RingBuffer* ringOf(const Napi::CallbackInfo& info) {
  return Environment::of(info.Env()).rings.find(int32Of(info[0]));
}

// ringOpen(map): the ring's handle, or -errno
Napi::Value open(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  std::shared_ptr<Map> map = environment.maps.share(int32Of(info[0]));
  if (map == nullptr) return status(info.Env(), -EBADF);
  auto ring = std::make_shared<RingBuffer>(std::move(map));
  const LogScope silent(false);
  const int error = ring->open(info.Env());
  return status(info.Env(), error < 0 ? error : environment.rings.add(std::move(ring)));
}

// ringConsume(ring, maxRecords): an ArrayBuffer of records, or -errno; -EAGAIN if there are none
Napi::Value consume(const Napi::CallbackInfo& info) {
  RingBuffer* ring = ringOf(info);
  if (ring == nullptr) return status(info.Env(), -EBADF);
  const int records = ring->consume(uint32Of(info[1]));
  if (records <= 0) return status(info.Env(), records == 0 ? -EAGAIN : records);
  Napi::ArrayBuffer copy = Napi::ArrayBuffer::New(info.Env(), ring->batch().size());
  memcpy(copy.Data(), ring->batch().data(), ring->batch().size());
  return copy;
}

// ringWait(ring, callback): 0 or -errno; -EBUSY if it is waited for already
Napi::Value wait(const Napi::CallbackInfo& info) {
  RingBuffer* ring = ringOf(info);
  if (ring == nullptr || !info[1].IsFunction()) return status(info.Env(), -EBADF);
  return status(info.Env(), ring->poller()->wait(info[1].As<Napi::Function>()));
}

// ringCancel(ring): ends a wait without its callback
Napi::Value cancel(const Napi::CallbackInfo& info) {
  RingBuffer* ring = ringOf(info);
  if (ring != nullptr) ring->poller()->cancel();
  return status(info.Env(), ring == nullptr ? -EBADF : 0);
}

// ringClose(ring): 0 or -EBADF
Napi::Value close(const Napi::CallbackInfo& info) {
  return status(info.Env(), Environment::of(info.Env()).rings.remove(int32Of(info[0])) ? 0 : -EBADF);
}

}  // namespace

void exportRingBuffer(Napi::Env env, Napi::Object exports) {
  exports["ringOpen"] = Napi::Function::New<open>(env, "ringOpen");
  exports["ringConsume"] = Napi::Function::New<consume>(env, "ringConsume");
  exports["ringWait"] = Napi::Function::New<wait>(env, "ringWait");
  exports["ringCancel"] = Napi::Function::New<cancel>(env, "ringCancel");
  exports["ringClose"] = Napi::Function::New<close>(env, "ringClose");
}

}  // namespace node_libbpf
