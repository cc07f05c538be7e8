#include "poller.h"

#include <sys/epoll.h>
#include <uv.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <vector>

#include "arguments.h"
#include "calls.h"
#include "environment.h"
#include "fd.h"

namespace node_libbpf {

namespace {

// Descriptors that are told of in one call of the listener.
constexpr int kReady = 64;
// A handle that nobody has.
constexpr int32_t kNothing = 0;

}  // namespace

// uv handles are closed in two steps: the memory is freed by uv's callback, which an async cleanup hook waits
// for when the environment (a worker, say) goes down first.
struct Poller::Handle {
  Fd epoll;
  uv_poll_t* poll = nullptr;
  napi_env env = nullptr;
  napi_async_cleanup_hook_handle hook = nullptr;
  napi_async_context context = nullptr;
  Napi::FunctionReference listener;
  std::vector<int32_t> forgetful;
  Poller* owner = nullptr;  // null once closing

  void close() {
    uv_poll_stop(poll);
    listener.Reset();
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
    epoll_event ready[kReady];
    const int count = epoll_wait(self->epoll.get(), ready, kReady, 0);
    if (count < 0 || self->listener.IsEmpty()) return;
    const Napi::Env env(self->env);
    const Napi::HandleScope scope(env);
    std::vector<napi_value> handles;
    handles.reserve(count + self->forgetful.size());
    for (int i = 0; i < count; i++) handles.push_back(status(env, static_cast<int32_t>(ready[i].data.u32)));
    for (const int32_t handle : self->forgetful) handles.push_back(status(env, handle));
    if (handles.empty()) return;
    self->listener.Value().MakeCallback(env.Global(), handles, self->context);
  }
};

std::unique_ptr<Poller> Poller::create(Napi::Env env, int* error) {
  uv_loop_t* loop = nullptr;
  *error = napi_get_uv_event_loop(env, &loop) == napi_ok ? 0 : -ENOTSUP;
  if (*error < 0) return nullptr;
  auto handle = std::make_unique<Handle>();
  handle->env = env;
  handle->epoll = Fd(epoll_create1(EPOLL_CLOEXEC));
  if (handle->epoll.get() < 0) {
    *error = -errno;
    return nullptr;
  }
  // uv_poll_t's size is the running Node's, not that of the headers.
  auto* poll = static_cast<uv_poll_t*>(::operator new(uv_handle_size(UV_POLL)));
  *error = uv_poll_init(loop, poll, handle->epoll.get());  // an -errno too
  if (*error < 0) {
    ::operator delete(poll);
    return nullptr;
  }
  poll->data = handle.get();
  handle->poll = poll;
  napi_async_init(env, nullptr, Napi::String::New(env, "node_libbpf"), &handle->context);
  napi_add_async_cleanup_hook(
      env, [](napi_async_cleanup_hook_handle, void* data) { static_cast<Handle*>(data)->close(); },
      handle.get(), &handle->hook);
  uv_poll_start(poll, UV_READABLE, Handle::onReadable);
  uv_unref(reinterpret_cast<uv_handle_t*>(poll));
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

int Poller::add(int fd, int32_t handle, uint32_t events) {
  if (handle_ == nullptr) return -EBADF;
  epoll_event event = {};
  event.events = events | EPOLLET;
  event.data.u32 = static_cast<uint32_t>(handle);
  return epoll_ctl(handle_->epoll.get(), EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

void Poller::remove(int fd) {
  if (handle_ != nullptr) epoll_ctl(handle_->epoll.get(), EPOLL_CTL_DEL, fd, nullptr);
}

int Poller::addForgetful(int fd, int32_t handle) {
  const int error = add(fd, kNothing, EPOLLIN);
  if (error == 0) handle_->forgetful.push_back(handle);
  return error;
}

void Poller::removeForgetful(int fd, int32_t handle) {
  remove(fd);
  if (handle_ == nullptr) return;
  auto& handles = handle_->forgetful;
  handles.erase(std::remove(handles.begin(), handles.end(), handle), handles.end());
}

void Poller::listen(Napi::Function listener) {
  if (handle_ != nullptr) handle_->listener = Napi::Persistent(listener);
}

void Poller::ref(bool alive) {
  if (handle_ == nullptr) return;
  auto* handle = reinterpret_cast<uv_handle_t*>(handle_->poll);
  alive ? uv_ref(handle) : uv_unref(handle);
}

namespace {

// pollerListen(listener): 0 or -errno
Napi::Value listen(const Napi::CallbackInfo& info) {
  int error = 0;
  Poller* poller = Environment::of(info.Env()).poller(info.Env(), &error);
  if (poller == nullptr) return status(info.Env(), error);
  if (!info[0].IsFunction()) return status(info.Env(), -EINVAL);
  poller->listen(info[0].As<Napi::Function>());
  return status(info.Env(), 0);
}

// pollerRef(alive): 0 or -errno
Napi::Value ref(const Napi::CallbackInfo& info) {
  int error = 0;
  Poller* poller = Environment::of(info.Env()).poller(info.Env(), &error);
  if (poller == nullptr) return status(info.Env(), error);
  poller->ref(info[0].IsBoolean() && info[0].As<Napi::Boolean>().Value());
  return status(info.Env(), 0);
}

}  // namespace

void exportPoller(Napi::Object exports) {
  exportCall<listen>(exports, "pollerListen");
  exportCall<ref>(exports, "pollerRef");
}

}  // namespace node_libbpf
