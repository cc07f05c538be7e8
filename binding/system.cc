#include "system.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "arguments.h"
#include "calls.h"
#include "environment.h"
#include "fd.h"
#include "fields.h"

namespace node_libbpf {

namespace {

// The calls for a kind of object.
struct Kind {
  const char* name;
  int (*next)(uint32_t, uint32_t*);
  int (*open)(uint32_t);
};

constexpr Kind kKinds[] = {
    {"program", bpf_prog_get_next_id, bpf_prog_get_fd_by_id},
    {"map", bpf_map_get_next_id, bpf_map_get_fd_by_id},
    {"link", bpf_link_get_next_id, bpf_link_get_fd_by_id},
    {"btf", bpf_btf_get_next_id, bpf_btf_get_fd_by_id},
};

const Kind* kindOf(const Napi::Value& name) {
  const std::string wanted = stringOf(name);
  const Kind* found = std::find_if(std::begin(kKinds), std::end(kKinds),
                                   [&](const Kind& kind) { return kind.name == wanted; });
  return found == std::end(kKinds) ? nullptr : found;
}

// Memory that the kernel fills.
struct Buffer {
  uint32_t pointer;
  uint32_t count;
  uint32_t element;
  Memory bytes;

  explicit Buffer(const Request& request)
      : pointer(request["pointer"]),
        count(request["count"]),
        element(request["element"]),
        bytes(request["bytes"]) {}
};

// Writes addresses and numbers of elements into a struct for the kernel. The number is always that of the
// memory, the least one if several arrays share it, so that the kernel never writes past the end.
bool point(const Memory& to, const Napi::Value& list) {
  if (!list.IsArray()) return false;
  const auto requests = list.As<Napi::Array>();
  std::vector<Buffer> buffers;
  for (uint32_t i = 0; i < requests.Length(); i++) buffers.emplace_back(Request(requests.Get(i)));
  for (const Buffer& buffer : buffers) {
    const bool fits =
        buffer.element > 0 && buffer.pointer + size_t{8} <= to.size && buffer.count + size_t{4} <= to.size;
    if (!fits) return false;
    const uint64_t address = reinterpret_cast<uintptr_t>(buffer.bytes.data);
    size_t count = buffer.bytes.size / buffer.element;
    for (const Buffer& other : buffers) {
      if (other.count == buffer.count && other.element > 0)
        count = std::min(count, other.bytes.size / other.element);
    }
    const uint32_t elements = static_cast<uint32_t>(count);
    memcpy(to.data + buffer.pointer, &address, sizeof(address));
    memcpy(to.data + buffer.count, &elements, sizeof(elements));
  }
  return true;
}

// nextId(kind, id): returns the least id that is greater; -ENOENT if there is none
Napi::Value nextId(const Napi::CallbackInfo& info) {
  const Kind* kind = kindOf(info[0]);
  if (kind == nullptr) return status(info.Env(), -EINVAL);
  uint32_t id = 0;
  const int error = kind->next(uint32Of(info[1]), &id);
  return status(info.Env(), error < 0 ? error : static_cast<int32_t>(id));
}

// infoOfId(kind, id, info, buffers): see infoOf(); -ENOENT if the object is gone
Napi::Value infoOfId(const Napi::CallbackInfo& info) {
  const Kind* kind = kindOf(info[0]);
  if (kind == nullptr) return status(info.Env(), -EINVAL);
  const Fd fd(kind->open(uint32Of(info[1])));
  return status(info.Env(), fd.get() < 0 ? fd.get() : infoOf(fd.get(), info[2], info[3]));
}

// infoOfFd(fd, info, buffers): see infoOf()
Napi::Value infoOfFd(const Napi::CallbackInfo& info) {
  return status(info.Env(), infoOf(int32Of(info[0]), info[1], info[2]));
}

// programQuery(attr, buffers): BPF_PROG_QUERY with `attr` as the query of union bpf_attr, into which the
// kernel writes its answer. The call itself, because bpf_prog_query_opts() of older versions lacks fields.
// Returns 0 or -errno.
Napi::Value programQuery(const Napi::CallbackInfo& info) {
  const Memory attr = memoryOf(info[0]);
  if (attr.size == 0 || !point(attr, info[1])) return status(info.Env(), -EINVAL);
  const long result = syscall(__NR_bpf, BPF_PROG_QUERY, attr.data, attr.size);
  return status(info.Env(), result < 0 ? -errno : 0);
}

// xdpQuery(interface): returns { status, mode, programId, driver, generic, hardware }: XDP_ATTACHED_* and the
// ids of the programs; 0 if none. By netlink: the kernel has no other way.
Napi::Value xdpQuery(const Napi::CallbackInfo& info) {
  LIBBPF_OPTS(bpf_xdp_query_opts, options);
  const LogScope silent(false);
  const int error = bpf_xdp_query(int32Of(info[0]), 0, &options);
  return Reply(info.Env())
      .set("status", static_cast<int32_t>(error))
      .set("driver", static_cast<uint32_t>(options.drv_prog_id))
      .set("generic", static_cast<uint32_t>(options.skb_prog_id))
      .set("hardware", static_cast<uint32_t>(options.hw_prog_id));
}

// statsEnable(): returns a handle, or -errno. The kernel counts run times while one is open.
Napi::Value statsEnable(const Napi::CallbackInfo& info) {
  auto fd = std::make_shared<Fd>(bpf_enable_stats(BPF_STATS_RUN_TIME));
  const int error = fd->get();
  return status(info.Env(), error < 0 ? error : Environment::of(info.Env()).stats.add(std::move(fd)));
}

// statsDisable(handle): returns 0 or -EBADF
Napi::Value statsDisable(const Napi::CallbackInfo& info) {
  return status(info.Env(), Environment::of(info.Env()).stats.remove(int32Of(info[0])) ? 0 : -EBADF);
}

}  // namespace

int infoOf(int fd, const Napi::Value& info, const Napi::Value& buffers) {
  const Memory to = memoryOf(info);
  if (to.size == 0 || !point(to, buffers)) return -EINVAL;
  uint32_t size = static_cast<uint32_t>(to.size);
  const int error = bpf_obj_get_info_by_fd(fd, to.data, &size);
  return error < 0 ? error : static_cast<int>(size);
}

void exportSystem(Napi::Object exports) {
  exportCall<nextId>(exports, "nextId");
  exportCall<infoOfId>(exports, "infoOfId");
  exportCall<infoOfFd>(exports, "infoOfFd");
  exportCall<programQuery>(exports, "programQuery");
  exportStory<xdpQuery>(exports, "xdpQuery");
  exportCall<statsEnable>(exports, "statsEnable");
  exportCall<statsDisable>(exports, "statsDisable");
}

}  // namespace node_libbpf
