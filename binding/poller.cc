#include "poller.h"

#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
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

// Descriptors reported in one call of the listener.
constexpr int kReady = 64;
// A value that no handle has.
constexpr int32_t kNothing = 0;

}  // namespace

// State that outlives the poller, until no uv handle or thread refers to it.
struct Poller::Handle {
  Fd epoll;
  napi_env env = nullptr;
  Napi::FunctionReference listener;
  std::vector<int32_t> onEveryWakeup;
  Poller* owner = nullptr;  // null while closing

  virtual ~Handle() = default;
  // Deletes the object, now or later.
  virtual void close() = 0;
  virtual void ref(bool alive) = 0;

  void forget() {
    listener.Reset();
    if (owner != nullptr) owner->handle_ = nullptr;
    owner = nullptr;
  }

  // Calls `call` with the handles that are ready, if there are any and a listener is set.
  template <class Call>
  void tell(Call call) {
    epoll_event ready[kReady];
    const int count = epoll_wait(epoll.get(), ready, kReady, 0);
    if (count < 0 || listener.IsEmpty()) return;
    const Napi::HandleScope scope(env);
    std::vector<napi_value> handles;
    handles.reserve(count + onEveryWakeup.size());
    for (int i = 0; i < count; i++) handles.push_back(status(env, static_cast<int32_t>(ready[i].data.u32)));
    for (const int32_t handle : onEveryWakeup) handles.push_back(status(env, handle));
    if (!handles.empty()) call(listener.Value(), handles);
  }
};

// Watches the descriptors with Node's event loop. uv handles are closed in two steps: uv's callback frees the
// memory. If the environment (for example a worker) ends first, an async cleanup hook waits for that
// callback.
struct Poller::LoopHandle : Handle {
  uv_poll_t* poll = nullptr;
  napi_async_cleanup_hook_handle hook = nullptr;
  napi_async_context context = nullptr;

  // Returns 0 or -errno.
  int start() {
    uv_loop_t* loop = nullptr;
    if (napi_get_uv_event_loop(env, &loop) != napi_ok) return -ENOTSUP;
    // The size of uv_poll_t in the running Node.js may differ from the headers'.
    poll = static_cast<uv_poll_t*>(::operator new(uv_handle_size(UV_POLL)));
    const int error = uv_poll_init(loop, poll, epoll.get());  // the error is an -errno
    if (error < 0) {
      ::operator delete(poll);
      return error;
    }
    poll->data = this;
    napi_async_init(env, nullptr, Napi::String::New(env, "node_libbpf"), &context);
    napi_add_async_cleanup_hook(
        env, [](napi_async_cleanup_hook_handle, void* data) { static_cast<LoopHandle*>(data)->close(); },
        this, &hook);
    uv_poll_start(poll, UV_READABLE, onReadable);
    uv_unref(reinterpret_cast<uv_handle_t*>(poll));
    return 0;
  }

  static void onReadable(uv_poll_t* poll, int, int) {
    auto* self = static_cast<LoopHandle*>(poll->data);
    self->tell([self](Napi::Function listener, const std::vector<napi_value>& handles) {
      listener.MakeCallback(Napi::Env(self->env).Global(), handles, self->context);
    });
  }

  void close() override {
    uv_poll_stop(poll);
    forget();
    napi_async_destroy(env, context);
    uv_close(reinterpret_cast<uv_handle_t*>(poll), [](uv_handle_t* closed) {
      auto* self = static_cast<LoopHandle*>(closed->data);
      napi_remove_async_cleanup_hook(self->hook);
      ::operator delete(closed);
      delete self;
    });
  }

  void ref(bool alive) override {
    auto* handle = reinterpret_cast<uv_handle_t*>(poll);
    alive ? uv_ref(handle) : uv_unref(handle);
  }
};

// Watches the descriptors with a thread, if the event loop is not libuv's. The descriptor stays readable
// until the JavaScript thread has processed it, so the thread waits for that before it polls again.
struct Poller::ThreadHandle : Handle {
  Fd stop{eventfd(0, EFD_CLOEXEC)};
  Fd taken{eventfd(0, EFD_CLOEXEC)};
  napi_threadsafe_function wake = nullptr;
  pthread_t thread = 0;
  bool running = false;

  // Returns 0 or -errno.
  int start() {
    if (stop.get() < 0 || taken.get() < 0) return -EMFILE;
    // The thread uses `wake` only after a descriptor was added.
    running = pthread_create(&thread, nullptr, watch, this) == 0;
    if (!running) return -EAGAIN;
    const napi_status created = napi_create_threadsafe_function(
        env, nullptr, nullptr, Napi::String::New(env, "node_libbpf"), 0, 1, nullptr,
        // The last callback: the environment ends, or close() released the function.
        [](napi_env, void*, void* context) {
          auto* self = static_cast<ThreadHandle*>(context);
          self->end();
          delete self;
        },
        this,
        [](napi_env raw, napi_value, void* context, void*) {
          auto* self = static_cast<ThreadHandle*>(context);
          if (raw == nullptr) return;
          self->tell([](Napi::Function listener, const std::vector<napi_value>& handles) {
            listener.Call(handles);
          });
          signal(self->taken);
        },
        &wake);
    if (created != napi_ok) {
      end();
      return -ENOTSUP;
    }
    napi_unref_threadsafe_function(env, wake);
    return 0;
  }

  static void signal(const Fd& event) {
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(event.get(), &one, sizeof(one));
  }

  // Waits until `fd` is readable. Returns false if the handle is to be closed.
  bool awaits(int fd) const {
    pollfd watched[] = {{stop.get(), POLLIN, 0}, {fd, POLLIN, 0}};
    while (poll(watched, 2, -1) < 0 && errno == EINTR) {
    }
    return watched[0].revents == 0;
  }

  static void* watch(void* mine) {
    auto* self = static_cast<ThreadHandle*>(mine);
    while (self->awaits(self->epoll.get())) {
      if (napi_call_threadsafe_function(self->wake, nullptr, napi_tsfn_nonblocking) != napi_ok) break;
      if (!self->awaits(self->taken.get())) break;
      uint64_t count = 0;
      [[maybe_unused]] const ssize_t got = read(self->taken.get(), &count, sizeof(count));
    }
    return nullptr;
  }

  void end() {
    forget();
    if (!running) return;
    running = false;
    signal(stop);
    pthread_join(thread, nullptr);
  }

  void close() override {
    end();
    napi_release_threadsafe_function(wake, napi_tsfn_abort);
  }

  void ref(bool alive) override {
    alive ? napi_ref_threadsafe_function(env, wake) : napi_unref_threadsafe_function(env, wake);
  }
};

namespace {

// Bun ends the process at uv_poll_init(). Deno ends the process at its own exit after that call.
bool isNode(Napi::Env env) {
  const Napi::Value versions = env.Global().Get("process").As<Napi::Object>().Get("versions");
  if (!versions.IsObject()) return false;
  const auto names = versions.As<Napi::Object>();
  return !names.Has("bun") && !names.Has("deno");
}

}  // namespace

std::unique_ptr<Poller> Poller::create(Napi::Env env, int* error) {
  return isNode(env) ? createWith<LoopHandle>(env, error) : createWith<ThreadHandle>(env, error);
}

template <class Kind>
std::unique_ptr<Poller> Poller::createWith(Napi::Env env, int* error) {
  auto handle = std::make_unique<Kind>();
  handle->env = env;
  handle->epoll = Fd(epoll_create1(EPOLL_CLOEXEC));
  *error = handle->epoll.get() < 0 ? -errno : handle->start();
  if (*error < 0) return nullptr;
  std::unique_ptr<Poller> poller(new Poller(handle.get()));
  handle->owner = poller.get();
  static_cast<void>(handle.release());  // close() deletes it
  return poller;
}

Poller::~Poller() {
  if (handle_ != nullptr) handle_->close();
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

int Poller::addOnEveryWakeup(int fd, int32_t handle) {
  const int error = add(fd, kNothing, EPOLLIN);
  if (error == 0) handle_->onEveryWakeup.push_back(handle);
  return error;
}

void Poller::removeOnEveryWakeup(int fd, int32_t handle) {
  remove(fd);
  if (handle_ == nullptr) return;
  auto& handles = handle_->onEveryWakeup;
  handles.erase(std::remove(handles.begin(), handles.end(), handle), handles.end());
}

void Poller::listen(Napi::Function listener) {
  if (handle_ != nullptr) handle_->listener = Napi::Persistent(listener);
}

void Poller::ref(bool alive) {
  if (handle_ != nullptr) handle_->ref(alive);
}

namespace {

// pollerListen(listener): returns 0 or -errno
Napi::Value listen(const Napi::CallbackInfo& info) {
  int error = 0;
  Poller* poller = Environment::of(info.Env()).poller(info.Env(), &error);
  if (poller == nullptr) return status(info.Env(), error);
  if (!info[0].IsFunction()) return status(info.Env(), -EINVAL);
  poller->listen(info[0].As<Napi::Function>());
  return status(info.Env(), 0);
}

// pollerRef(alive): returns 0 or -errno
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
