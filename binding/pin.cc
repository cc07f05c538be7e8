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
  // The names from bpf_link_new_fd(), for a pin that was opened, and bpf_link_prime(), for a new link.
  return is == "anon_inode:bpf-link" || is == "anon_inode:bpf_link" ? 0 : -EINVAL;
}

namespace {

// pinnedId(path, "map" or "link"): returns the kernel's id of the pinned object, or -errno; see checkKind()
Napi::Value pinnedId(const Napi::CallbackInfo& info) {
  const PinKind kind = stringOf(info[1]) == "map" ? PinKind::kMap : PinKind::kLink;
  const Fd fd(bpf_obj_get(stringOf(info[0]).c_str()));
  if (fd.get() < 0) return status(info.Env(), -errno);
  int error = checkKind(fd.get(), kind);
  if (error < 0) return status(info.Env(), error);
  bpf_map_info map = {};
  bpf_link_info link = {};
  uint32_t size = kind == PinKind::kMap ? sizeof(map) : sizeof(link);
  error = bpf_obj_get_info_by_fd(fd.get(), kind == PinKind::kMap ? static_cast<void*>(&map) : &link, &size);
  if (error < 0) return status(info.Env(), error);
  return status(info.Env(), static_cast<int32_t>(kind == PinKind::kMap ? map.id : link.id));
}

}  // namespace

void exportPin(Napi::Object exports) { exportCall<pinnedId>(exports, "pinnedId"); }

}  // namespace node_libbpf
