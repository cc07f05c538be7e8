#include "link.h"

#include <bpf/bpf.h>
#include <net/if.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <string>

#include "arguments.h"
#include "calls.h"
#include "environment.h"
#include "fields.h"
#include "outcome.h"
#include "pin.h"

namespace node_libbpf {

namespace {

using Attach = std::function<bpf_link*(const bpf_program*)>;

Napi::Value attached(Napi::Env env, Outcome& outcome, Link::Pointer link, std::shared_ptr<Object> object) {
  if (link != nullptr) {
    outcome.status =
        Environment::of(env).links.add(std::make_shared<Link>(std::move(link), std::move(object)));
  }
  return outcome.toJs(env);
}

// All attach calls take (object, program, request) and return an Outcome whose status is the link's handle.
Napi::Value attach(const Napi::CallbackInfo& info, const Attach& call) {
  std::shared_ptr<Object> object = Environment::of(info.Env()).objects.share(int32Of(info[0]));
  const bpf_program* program = object == nullptr ? nullptr : object->program(uint32Of(info[1]));
  Link::Pointer link;
  Outcome outcome = observe(object != nullptr && object->verbose(), [&] {
    if (program == nullptr) return -EBADF;
    link.reset(call(program));
    return link == nullptr ? -errno : 0;
  });
  return attached(info.Env(), outcome, std::move(link), std::move(object));
}

// attachBtf(object, program, { cookie }): lsm, fentry, fexit, fmod_ret, tp_btf
Napi::Value attachBtf(const Napi::CallbackInfo& info) {
  const Request request(info[2]);
  const uint64_t cookie = request["cookie"];
  return attach(info, [&](const bpf_program* program) {
    LIBBPF_OPTS(bpf_trace_opts, options, .cookie = cookie);
    return bpf_program__attach_trace_opts(program, &options);
  });
}

// attachRawTracepoint(object, program, { name, cookie })
Napi::Value attachRawTracepoint(const Napi::CallbackInfo& info) {
  const Request request(info[2]);
  const std::string name = request["name"];
  const uint64_t cookie = request["cookie"];
  return attach(info, [&](const bpf_program* program) {
#if LIBBPF_MAJOR_VERSION > 1 || LIBBPF_MINOR_VERSION >= 5
    LIBBPF_OPTS(bpf_raw_tracepoint_opts, options, .cookie = cookie);
    return bpf_program__attach_raw_tracepoint_opts(program, name.c_str(), &options);
#else
    if (cookie != 0) {  // refused rather than ignored
      errno = EOPNOTSUPP;
      return static_cast<bpf_link*>(nullptr);
    }
    return bpf_program__attach_raw_tracepoint(program, name.c_str());
#endif
  });
}

// attachTracepoint(object, program, { category, name, cookie })
Napi::Value attachTracepoint(const Napi::CallbackInfo& info) {
  const Request request(info[2]);
  const std::string category = request["category"];
  const std::string name = request["name"];
  const uint64_t cookie = request["cookie"];
  return attach(info, [&](const bpf_program* program) {
    LIBBPF_OPTS(bpf_tracepoint_opts, options, .bpf_cookie = cookie);
    return bpf_program__attach_tracepoint_opts(program, category.c_str(), name.c_str(), &options);
  });
}

// attachKprobe(object, program, { function, offset, retprobe, cookie })
Napi::Value attachKprobe(const Napi::CallbackInfo& info) {
  const Request request(info[2]);
  const std::string function = request["function"];
  const uint64_t cookie = request["cookie"];
  LIBBPF_OPTS(bpf_kprobe_opts, options, .bpf_cookie = cookie, .offset = request["offset"],
              .retprobe = request["retprobe"]);
  return attach(info, [&](const bpf_program* program) {
    return bpf_program__attach_kprobe_opts(program, function.c_str(), &options);
  });
}

// attachUprobe(object, program, { pid, path, function, offset, retprobe, cookie }); an empty function name
// attaches by offset
Napi::Value attachUprobe(const Napi::CallbackInfo& info) {
  const Request request(info[2]);
  const int32_t pid = request["pid"];
  const std::string path = request["path"];
  const std::string function = request["function"];
  const size_t offset = request["offset"];
  const uint64_t cookie = request["cookie"];
  LIBBPF_OPTS(bpf_uprobe_opts, options, .bpf_cookie = cookie, .retprobe = request["retprobe"],
              .func_name = function.empty() ? nullptr : function.c_str());
  return attach(info, [&](const bpf_program* program) {
    return bpf_program__attach_uprobe_opts(program, pid, path.c_str(), offset, &options);
  });
}

// Kernels before 6.1 ignore the task and walk all tasks (f0d74c4da1f0).
bool isOfTask(const bpf_link* link, bool thread, uint32_t id) {
  bpf_link_info info = {};
  uint32_t size = sizeof(info);
  if (bpf_obj_get_info_by_fd(bpf_link__fd(link), &info, &size) != 0) return false;
  return (thread ? info.iter.task.tid : info.iter.task.pid) == id;
}

// attachIter(object, program, { over, id }): over is "", "map" (id: a map's fd), "cgroup" (an fd), "tid" or
// "pid"
Napi::Value attachIter(const Napi::CallbackInfo& info) {
  const Request request(info[2]);
  const std::string over = request["over"];
  const uint32_t id = request["id"];
  return attach(info, [&](const bpf_program* program) {
    bpf_iter_link_info target = {};
    if (over == "map") target.map.map_fd = id;
    if (over == "cgroup") {
      target.cgroup.cgroup_fd = id;
      target.cgroup.order = BPF_CGROUP_ITER_DESCENDANTS_PRE;
    }
    if (over == "tid") target.task.tid = id;
    if (over == "pid") target.task.pid = id;
    LIBBPF_OPTS(bpf_iter_attach_opts, options);
    if (!over.empty()) {
      options.link_info = &target;
      options.link_info_len = sizeof(target);
    }
    bpf_link* link = bpf_program__attach_iter(program, &options);
    const bool oneTask = over == "tid" || over == "pid";
    if (link == nullptr || !oneTask || isOfTask(link, over == "tid", id)) return link;
    bpf_link__destroy(link);
    errno = EOPNOTSUPP;
    return static_cast<bpf_link*>(nullptr);
  });
}

// attachXdp(object, program, { interface }): interface is its name
Napi::Value attachXdp(const Napi::CallbackInfo& info) {
  const Request request(info[2]);
  const std::string interface = request["interface"];
  return attach(info, [&](const bpf_program* program) {
    const unsigned index = if_nametoindex(interface.c_str());  // 0, with errno set, for an unknown name
    return index == 0 ? nullptr : bpf_program__attach_xdp(program, static_cast<int>(index));
  });
}

// attachAuto(object, program): attaches by the section, for kinds that libbpf attaches by itself
Napi::Value attachAuto(const Napi::CallbackInfo& info) {
  return attach(info, [](const bpf_program* program) { return bpf_program__attach(program); });
}

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

// Returns the result of `call` with the link's descriptor, or -errno.
Napi::Value withFd(const Napi::CallbackInfo& info, const std::function<int(int)>& call) {
  const Link* link = Environment::of(info.Env()).links.find(int32Of(info[0]));
  if (link == nullptr) return status(info.Env(), -EBADF);
  const LogScope silent(false);
  return status(info.Env(), link->fd() < 0 ? link->fd() : call(link->fd()));
}

// linkDetach(link): returns 0 or -errno; -EOPNOTSUPP if only closing the last reference detaches this link
Napi::Value detach(const Napi::CallbackInfo& info) {
  return withFd(info, [](int fd) { return bpf_link_detach(fd); });
}

// linkClose(link): returns 0, -EBADF, or -errno if the program may still be attached; always removes the
// handle
Napi::Value close(const Napi::CallbackInfo& info) {
  const LogScope silent(false);
  const std::shared_ptr<Link> link = Environment::of(info.Env()).links.remove(int32Of(info[0]));
  return status(info.Env(), link == nullptr ? -EBADF : link->close());
}

// linkPin(link, path): returns 0 or -errno. Does not use bpf_link__pin(), which remembers only one path and
// removes an existing file.
Napi::Value pin(const Napi::CallbackInfo& info) {
  return withFd(info, [&](int fd) { return bpf_obj_pin(fd, stringOf(info[1]).c_str()); });
}

// linkInfo(link, struct bpf_link_info: Uint8Array): returns the number of bytes filled, or -errno; -EINVAL
// for a perf event, which kprobes, uprobes and tracepoints use before Linux 5.15
Napi::Value linkInfo(const Napi::CallbackInfo& info) {
  return withFd(info, [&](int fd) {
    bpf_link_info kernel = {};
    uint32_t size = sizeof(kernel);
    const int error = bpf_obj_get_info_by_fd(fd, &kernel, &size);
    if (error < 0) return error;
    const Memory target = memoryOf(info[1]);
    const size_t length = std::min<size_t>(size, target.size);
    if (length == 0) return -EINVAL;
    memcpy(target.data, &kernel, length);
    return static_cast<int>(length);
  });
}

}  // namespace

void exportLink(Napi::Object exports) {
  exportStory<attachBtf>(exports, "attachBtf");
  exportStory<attachRawTracepoint>(exports, "attachRawTracepoint");
  exportStory<attachTracepoint>(exports, "attachTracepoint");
  exportStory<attachKprobe>(exports, "attachKprobe");
  exportStory<attachUprobe>(exports, "attachUprobe");
  exportStory<attachIter>(exports, "attachIter");
  exportStory<attachXdp>(exports, "attachXdp");
  exportStory<attachAuto>(exports, "attachAuto");
  exportCall<open>(exports, "linkOpen");
  exportCall<detach>(exports, "linkDetach");
  exportCall<close>(exports, "linkClose");
  exportCall<pin>(exports, "linkPin");
  exportCall<linkInfo>(exports, "linkInfo");
}

}  // namespace node_libbpf
