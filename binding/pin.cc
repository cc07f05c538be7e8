#include "pin.h"

#include <bpf/bpf.h>

#include <cerrno>
#include <string>
#include <string_view>

#include "arguments.h"
#include "calls.h"
#include "fd.h"

namespace node_libbpf {

int checkKind(int fd, PinKind kind) {
  char name[64] = {};
  const std::string self = "/proc/self/fd/" + std::to_string(fd);
  if (readlink(self.c_str(), name, sizeof(name) - 1) < 0) return -ENODATA;
  const std::string_view is(name);
  if (kind == PinKind::kMap) return is == "anon_inode:bpf-map" ? 0 : -EINVAL;
  if (kind == PinKind::kProgram) return is == "anon_inode:bpf-prog" ? 0 : -EINVAL;
  // The names from bpf_link_new_fd(), for a pin that was opened, and bpf_link_prime(), for a new link.
  return is == "anon_inode:bpf-link" || is == "anon_inode:bpf_link" ? 0 : -EINVAL;
}

namespace {

PinKind kindOf(const std::string& name) {
  if (name == "map") return PinKind::kMap;
  return name == "program" ? PinKind::kProgram : PinKind::kLink;
}

// pinnedId(path, "map", "program" or "link"): returns the kernel's id of the pinned object, or -errno; see
// checkKind()
Napi::Value pinnedId(const Napi::CallbackInfo& info) {
  const PinKind kind = kindOf(stringOf(info[1]));
  const Fd fd(bpf_obj_get(stringOf(info[0]).c_str()));
  if (fd.get() < 0) return status(info.Env(), -errno);
  int error = checkKind(fd.get(), kind);
  if (error < 0) return status(info.Env(), error);
  // The type and then the id are the first members of bpf_map_info, bpf_prog_info and bpf_link_info; the
  // kernel fills no more than it is given.
  uint32_t typeAndId[2] = {};
  uint32_t size = sizeof(typeAndId);
  error = bpf_obj_get_info_by_fd(fd.get(), typeAndId, &size);
  return status(info.Env(), error < 0 ? error : static_cast<int32_t>(typeAndId[1]));
}

// pinFd(fd, path): pins a program. Returns 0 or -errno
Napi::Value pinFd(const Napi::CallbackInfo& info) {
  return status(info.Env(), bpf_obj_pin(int32Of(info[0]), stringOf(info[1]).c_str()));
}

}  // namespace

void exportPin(Napi::Object exports) {
  exportCall<pinnedId>(exports, "pinnedId");
  exportCall<pinFd>(exports, "pinFd");
}

}  // namespace node_libbpf
