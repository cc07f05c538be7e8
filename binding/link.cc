#include "link.h"

#include <bpf/bpf.h>

#include <cerrno>
#include <functional>
#include <string>

#include "arguments.h"
#include "calls.h"
#include "environment.h"
#include "fields.h"
#include "outcome.h"
#include "pin.h"
#include "system.h"

namespace node_libbpf {

namespace {

// linkOpen(path): returns the handle of the link that is pinned at the path, or -errno; see checkKind()
Napi::Value open(const Napi::CallbackInfo& info) {
  const LogScope silent(false);
  Link::Pointer link(bpf_link__open(stringOf(info[0]).c_str()));  // opens a pin of any kind
  if (link == nullptr) return status(info.Env(), -errno);
  const int error = checkKind(bpf_link__fd(link.get()), PinKind::kLink);
  if (error < 0) return status(info.Env(), error);
  return status(info.Env(),
                Environment::of(info.Env()).links.add(std::make_shared<Link>(std::move(link), nullptr)));
}

// linkOpenById(id): returns a handle, or -errno
Napi::Value openById(const Napi::CallbackInfo& info) {
  Fd fd(bpf_link_get_fd_by_id(uint32Of(info[0])));
  if (fd.get() < 0) return status(info.Env(), fd.get());
  return status(info.Env(), Environment::of(info.Env()).links.add(std::make_shared<Link>(std::move(fd))));
}

// Returns the result of `call` with the link's descriptor, or -errno.
Napi::Value withFd(const Napi::CallbackInfo& info, const std::function<int(int)>& call) {
  const Link* link = Environment::of(info.Env()).links.find(int32Of(info[0]));
  if (link == nullptr) return status(info.Env(), -EBADF);
  const LogScope silent(false);
  return status(info.Env(), link->fd() < 0 ? link->fd() : call(link->fd()));
}

// linkDetach(link): returns 0 or -errno; see Link::detach()
Napi::Value detach(const Napi::CallbackInfo& info) {
  const LogScope silent(false);
  Link* link = Environment::of(info.Env()).links.find(int32Of(info[0]));
  return status(info.Env(), link == nullptr ? -EBADF : link->detach());
}

// linkClose(link): returns 0, -EBADF, or -errno if the program may still be attached; always removes the
// handle
Napi::Value close(const Napi::CallbackInfo& info) {
  const LogScope silent(false);
  const std::shared_ptr<Link> link = Environment::of(info.Env()).links.remove(int32Of(info[0]));
  return status(info.Env(), link == nullptr ? -EBADF : link->close());
}

// linkUpdate(link, fd, old): replaces the program, or the map of a struct_ops link, by the one with this
// descriptor; with `old` >= 0 only if the link has that one now. Returns 0 or -errno
Napi::Value update(const Napi::CallbackInfo& info) {
  return withFd(info, [&](int fd) {
    LIBBPF_OPTS(bpf_link_update_opts, options);
    const int32_t old = int32Of(info[2]);
    if (old >= 0) {
      options.flags = BPF_F_REPLACE;
      options.old_prog_fd = static_cast<uint32_t>(old);
    }
    return bpf_link_update(fd, int32Of(info[1]), &options);
  });
}

// linkUpdateMap(link, object, map): replaces the map of a struct_ops link. libbpf gives the new map its
// value, which the kernel wants first, if the link is libbpf's; else the map must have been attached before.
// Returns 0 or -errno
Napi::Value updateMap(const Napi::CallbackInfo& info) {
  const std::shared_ptr<Object> object = Environment::of(info.Env()).objects.share(int32Of(info[1]));
  const bpf_map* map = object == nullptr ? nullptr : object->map(uint32Of(info[2]));
  const Link* link = Environment::of(info.Env()).links.find(int32Of(info[0]));
  if (link == nullptr || map == nullptr) return status(info.Env(), -EBADF);
  const LogScope silent(false);
#if LIBBPF_MAJOR_VERSION > 1 || LIBBPF_MINOR_VERSION >= 2
  if (link->structOps() != nullptr) return status(info.Env(), bpf_link__update_map(link->structOps(), map));
#endif
  return status(info.Env(),
                link->fd() < 0 ? link->fd() : bpf_link_update(link->fd(), bpf_map__fd(map), nullptr));
}

// linkDisconnect(link): removes the handle and leaves the program attached. Returns 0 or -EBADF
Napi::Value disconnect(const Napi::CallbackInfo& info) {
  const std::shared_ptr<Link> link = Environment::of(info.Env()).links.remove(int32Of(info[0]));
  if (link == nullptr) return status(info.Env(), -EBADF);
  link->disconnect();
  return status(info.Env(), 0);
}

// linkPin(link, path): returns 0 or -errno. Does not use bpf_link__pin(), which remembers only one path and
// removes an existing file.
Napi::Value pin(const Napi::CallbackInfo& info) {
  return withFd(info, [&](int fd) { return bpf_obj_pin(fd, stringOf(info[1]).c_str()); });
}

// linkInfo(link, struct bpf_link_info: Uint8Array, buffers): see infoOf(); -EINVAL for a perf event, which
// kprobes, uprobes and tracepoints use before Linux 5.15
Napi::Value linkInfo(const Napi::CallbackInfo& info) {
  return withFd(info, [&](int fd) { return infoOf(fd, info[1], info[2]); });
}

}  // namespace

void exportLink(Napi::Object exports) {
  exportCall<open>(exports, "linkOpen");
  exportCall<openById>(exports, "linkOpenById");
  exportCall<detach>(exports, "linkDetach");
  exportCall<close>(exports, "linkClose");
  exportCall<update>(exports, "linkUpdate");
  exportCall<updateMap>(exports, "linkUpdateMap");
  exportCall<disconnect>(exports, "linkDisconnect");
  exportCall<pin>(exports, "linkPin");
  exportCall<linkInfo>(exports, "linkInfo");
}

}  // namespace node_libbpf
