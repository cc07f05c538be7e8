#include "pin.h"

#include <bpf/bpf.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>

#include "arguments.h"
#include "calls.h"
#include "fd.h"

namespace node_libbpf {

namespace {

struct Name {
  PinKind kind;
  const char* name;
  // What /proc shows of a descriptor.
  const char* inode;
};

// A link is named by bpf_link_new_fd(), for a pin that was opened, or by bpf_link_prime(), for a new link.
constexpr Name kNames[] = {
    {PinKind::kMap, "map", "anon_inode:bpf-map"},
    {PinKind::kProgram, "program", "anon_inode:bpf-prog"},
    {PinKind::kLink, "link", "anon_inode:bpf-link"},
    {PinKind::kLink, "link", "anon_inode:bpf_link"},
};

// Sets `name` to null for a descriptor of another kind. Returns 0 or -ENODATA.
int nameOf(int fd, const Name** name) {
  char target[64] = {};
  const std::string self = "/proc/self/fd/" + std::to_string(fd);
  if (readlink(self.c_str(), target, sizeof(target) - 1) < 0) return -ENODATA;
  const std::string_view is(target);
  const Name* found =
      std::find_if(std::begin(kNames), std::end(kNames), [&](const Name& each) { return is == each.inode; });
  *name = found == std::end(kNames) ? nullptr : found;
  return 0;
}

}  // namespace

int checkKind(int fd, PinKind kind) {
  const Name* name = nullptr;
  const int error = nameOf(fd, &name);
  if (error < 0) return error;
  return name != nullptr && name->kind == kind ? 0 : -EINVAL;
}

namespace {

// pinned(path): returns { status, kind, id } of what is pinned at the path; status is 0, -errno, -EINVAL for
// an object of another kind, or -ENODATA if /proc can't tell the kind
Napi::Value pinned(const Napi::CallbackInfo& info) {
  const Fd fd(bpf_obj_get(stringOf(info[0]).c_str()));
  const Name* name = nullptr;
  int error = fd.get() < 0 ? -errno : nameOf(fd.get(), &name);
  if (error == 0 && name == nullptr) error = -EINVAL;
  // The structs of programs, maps and links begin with type and id.
  uint32_t start[64] = {};
  uint32_t size = sizeof(start);
  if (error == 0) error = bpf_obj_get_info_by_fd(fd.get(), start, &size);
  return Reply(info.Env())
      .set("status", static_cast<int32_t>(error))
      .set("kind", error == 0 ? name->name : "")
      .set("id", start[1]);
}

// pinFd(fd, path): pins a program. Returns 0 or -errno
Napi::Value pinFd(const Napi::CallbackInfo& info) {
  return status(info.Env(), bpf_obj_pin(int32Of(info[0]), stringOf(info[1]).c_str()));
}

// lockFd(fd): takes the lock of an open file or folder. Returns 0 or -errno, -EAGAIN if another has it
Napi::Value lockFd(const Napi::CallbackInfo& info) {
  return status(info.Env(), flock(int32Of(info[0]), LOCK_EX | LOCK_NB) == 0 ? 0 : -errno);
}

}  // namespace

void exportPin(Napi::Object exports) {
  exportStory<pinned>(exports, "pinned");
  exportCall<pinFd>(exports, "pinFd");
  exportCall<lockFd>(exports, "lockFd");
}

}  // namespace node_libbpf
