#include "attach_fd.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "arguments.h"
#include "calls.h"
#include "environment.h"
#include "fd.h"
#include "fields.h"
#include "link.h"
#include "log.h"

#ifndef SO_ATTACH_REUSEPORT_EBPF
#define SO_ATTACH_REUSEPORT_EBPF 52
#endif
#ifndef SO_DETACH_REUSEPORT_BPF
#define SO_DETACH_REUSEPORT_BPF 68
#endif

namespace node_libbpf {

namespace {

int32_t add(Napi::Env env, Link link) {
  return Environment::of(env).links.add(std::make_shared<Link>(std::move(link)));
}

int bpf(int command, bpf_attr* attr) {
  return static_cast<int>(syscall(SYS_bpf, command, attr, sizeof(*attr)));
}

// A descriptor of the same file, above those of standard input and output.
Fd copyOfFd(int fd) { return Fd(fcntl(fd, F_DUPFD_CLOEXEC, 3)); }

// interfaceIndex(name): returns the index in this network namespace, or -ENODEV
Napi::Value interfaceIndex(const Napi::CallbackInfo& info) {
  const unsigned index = if_nametoindex(stringOf(info[0]).c_str());
  return status(info.Env(), index == 0 ? -ENODEV : static_cast<int32_t>(index));
}

// Issues BPF_LINK_CREATE for the program in the first argument; tail are the members behind flags.
Napi::Value createLink(const Napi::CallbackInfo& info, bpf_attr attr, const void* tail, size_t size) {
  attr.link_create.prog_fd = uint32Of(info[0]);
  if (size > 0) {
    // Not by its members: the system's header may lack newer ones.
    constexpr size_t kTail = offsetof(bpf_attr, link_create.target_btf_id);
    memcpy(reinterpret_cast<char*>(&attr) + kTail, tail, std::min(size, sizeof(attr) - kTail));
  }
  Fd fd(bpf(BPF_LINK_CREATE, &attr));
  if (fd.get() >= 0 && fd.get() <= STDERR_FILENO) fd = copyOfFd(fd.get());
  if (fd.get() < 0) return status(info.Env(), -errno);
  return status(info.Env(), add(info.Env(), Link(std::move(fd))));
}

// linkCreate(program, { target, attachType, flags, tail }): BPF_LINK_CREATE. Target is a descriptor or the
// index of an interface; tail has the members of attr.link_create behind flags. Returns a handle or -errno.
// Not bpf_link_create(), whose older versions lack newer members.
Napi::Value linkCreate(const Napi::CallbackInfo& info) {
  const Request request(info[1]);
  const std::vector<uint32_t> tail = request["tail"];
  bpf_attr attr = {};
  attr.link_create.target_fd = request["target"];
  attr.link_create.attach_type = request["attachType"];
  attr.link_create.flags = request["flags"];
  return createLink(info, attr, tail.data(), tail.size() * sizeof(uint32_t));
}

// linkCreateMulti(program, { attachType, ids, cookies }): for the kernel's functions with these BTF ids; one
// cookie for each, or none. Returns a handle or -errno
Napi::Value linkCreateMulti(const Napi::CallbackInfo& info) {
  const Request request(info[1]);
  const std::vector<uint32_t> ids = request["ids"];
  const std::vector<uint64_t> cookies = request["cookies"];
  // attr.link_create.tracing_multi of Linux 7.2, which libbpf 1.7's header lacks.
  const struct {
    uint64_t ids;
    uint64_t cookies;
    uint32_t count;
    uint32_t unused;
  } tail = {
      reinterpret_cast<uintptr_t>(ids.data()),
      cookies.size() == ids.size() ? reinterpret_cast<uintptr_t>(cookies.data()) : 0,
      static_cast<uint32_t>(ids.size()),
      0,
  };
  bpf_attr attr = {};
  attr.link_create.attach_type = request["attachType"];
  return createLink(info, attr, &tail, sizeof(tail));
}

// rawTracepointOpen(program, name): BPF_RAW_TRACEPOINT_OPEN; with an empty name for tracing and lsm programs,
// which know their target. Returns a handle or -errno
Napi::Value rawTracepointOpen(const Napi::CallbackInfo& info) {
  const std::string name = stringOf(info[1]);
  Fd fd(bpf_raw_tracepoint_open(name.empty() ? nullptr : name.c_str(), int32Of(info[0])));
  if (fd.get() < 0) return status(info.Env(), -errno);
  return status(info.Env(), add(info.Env(), Link(std::move(fd))));
}

// Whether the program is attached there; true if the kernel does not say.
bool isAttached(int program, int target, bpf_attach_type type) {
  bpf_prog_info info = {};
  uint32_t size = sizeof(info);
  if (bpf_obj_get_info_by_fd(program, &info, &size) != 0) return true;
  std::vector<uint32_t> ids(64);  // the kernel's maximum of one cgroup (BPF_CGROUP_MAX_PROGS)
  uint32_t count = ids.size();
  if (bpf_prog_query(target, type, 0, nullptr, ids.data(), &count) != 0) return true;
  return std::find(ids.begin(), ids.begin() + count, info.id) != ids.begin() + count;
}

// Without BPF_F_ALLOW_MULTI the kernel detaches whatever program a cgroup has, be it somebody else's
// (kernel/bpf/cgroup.c: find_detach_entry()). What is not there any more is detached already.
int detachProgram(int program, int target, bpf_attach_type type) {
  if (!isAttached(program, target, type)) return 0;
  const int error = bpf_prog_detach2(program, target, type);
  return error == -ENOENT ? 0 : error;
}

// programAttach(program, { target, attachType, flags, replaced }): BPF_PROG_ATTACH to the descriptor of a
// cgroup, a map or a device; replaced is a program's descriptor or 0. Returns a handle or -errno
Napi::Value programAttach(const Napi::CallbackInfo& info) {
  const Request request(info[1]);
  const int32_t target = request["target"];
  const uint32_t attachType = request["attachType"];
  bpf_attr attr = {};
  attr.attach_type = attachType;
  attr.attach_flags = request["flags"];
  attr.replace_bpf_fd = request["replaced"];
  auto program = std::make_shared<Fd>(copyOfFd(int32Of(info[0])));
  auto attachedTo = std::make_shared<Fd>(copyOfFd(target));
  if (program->get() < 0 || attachedTo->get() < 0) return status(info.Env(), -errno);
  attr.target_fd = static_cast<uint32_t>(attachedTo->get());
  attr.attach_bpf_fd = static_cast<uint32_t>(program->get());
  if (bpf(BPF_PROG_ATTACH, &attr) < 0) return status(info.Env(), -errno);
  const auto detach = [program, attachedTo, attachType] {
    return detachProgram(program->get(), attachedTo->get(), static_cast<bpf_attach_type>(attachType));
  };
  return status(info.Env(), add(info.Env(), Link(detach)));
}

// tcAttach(program, { interface, egress, handle, priority }): a filter of the interface with this index;
// makes the clsact qdisc, which stays, since others may use it. Returns a handle or -errno
Napi::Value tcAttach(const Napi::CallbackInfo& info) {
  const Request request(info[1]);
  const LogScope silent(false);
  const bool egress = request["egress"];
  const int32_t interface = request["interface"];
  LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = interface,
              .attach_point = egress ? BPF_TC_EGRESS : BPF_TC_INGRESS);
  LIBBPF_OPTS(bpf_tc_opts, filter, .prog_fd = int32Of(info[0]), .handle = request["handle"],
              .priority = request["priority"]);
  int error = bpf_tc_hook_create(&hook);
  if (error != 0 && error != -EEXIST) return status(info.Env(), error);
  error = bpf_tc_attach(&hook, &filter);
  if (error < 0) return status(info.Env(), error);
  return status(info.Env(), add(info.Env(), Link([hook, handle = filter.handle, priority = filter.priority] {
                                  LIBBPF_OPTS(bpf_tc_opts, attached, .handle = handle, .priority = priority);
                                  const int error = bpf_tc_detach(&hook, &attached);
                                  return error == -ENODEV ? 0 : error;  // the interface is gone
                                })));
}

// socketAttach(program, socket, reuseport): as the socket's filter, or as that of its SO_REUSEPORT group.
// Returns a handle or -errno
Napi::Value socketAttach(const Napi::CallbackInfo& info) {
  const int program = int32Of(info[0]);
  const bool reuseport = info[2].ToBoolean();
  auto socket = std::make_shared<Fd>(copyOfFd(int32Of(info[1])));
  const int option = reuseport ? SO_ATTACH_REUSEPORT_EBPF : SO_ATTACH_BPF;
  if (socket->get() < 0 || setsockopt(socket->get(), SOL_SOCKET, option, &program, sizeof(program)) != 0)
    return status(info.Env(), -errno);
  return status(info.Env(), add(info.Env(), Link([socket, reuseport] {
                                  const int unused = 0;
                                  const int option = reuseport ? SO_DETACH_REUSEPORT_BPF : SO_DETACH_BPF;
                                  const int error =
                                      setsockopt(socket->get(), SOL_SOCKET, option, &unused, sizeof(unused));
                                  return error == 0 ? 0 : -errno;
                                })));
}

}  // namespace

void exportAttachFd(Napi::Object exports) {
  exportCall<interfaceIndex>(exports, "interfaceIndex");
  exportCall<linkCreate>(exports, "linkCreate");
  exportCall<linkCreateMulti>(exports, "linkCreateMulti");
  exportCall<rawTracepointOpen>(exports, "rawTracepointOpen");
  exportCall<programAttach>(exports, "programAttach");
  exportCall<tcAttach>(exports, "tcAttach");
  exportCall<socketAttach>(exports, "socketAttach");
}

}  // namespace node_libbpf
