// Attaches programs and struct_ops maps of an object through libbpf.
#include "attach.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
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
#include "object.h"
#include "outcome.h"

namespace node_libbpf {

namespace {

constexpr uint32_t kLink = 1U << 13;  // BPF_F_LINK, which libbpf 1.1's header lacks

std::vector<const char*> pointersTo(const std::vector<std::string>& texts) {
  std::vector<const char*> pointers;
  pointers.reserve(texts.size());
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  return pointers;
}

// The library runs on 64-bit systems only, where libbpf's integer types for arrays have the size of uint64_t.
const unsigned long* asLongs(const std::vector<uint64_t>& numbers) {
  static_assert(sizeof(unsigned long) == sizeof(uint64_t));
  return reinterpret_cast<const unsigned long*>(numbers.data());
}

const __u64* asU64(const std::vector<uint64_t>& numbers) {
  return reinterpret_cast<const __u64*>(numbers.data());
}

#if LIBBPF_MAJOR_VERSION == 1 && LIBBPF_MINOR_VERSION < 6
// The linked libbpf is too old.
Napi::Value unsupported(const Napi::CallbackInfo& info) {
  Outcome outcome;
  outcome.status = -EOPNOTSUPP;
  return outcome.toJs(info.Env());
}
#endif

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

// attachUprobe(object, program, { pid, path, function, offset, counter, retprobe, cookie }); an empty
// function name attaches by offset; counter is the offset of a reference counter, or 0
Napi::Value attachUprobe(const Napi::CallbackInfo& info) {
  const Request request(info[2]);
  const int32_t pid = request["pid"];
  const std::string path = request["path"];
  const std::string function = request["function"];
  const size_t offset = request["offset"];
  const uint64_t cookie = request["cookie"];
  const size_t counter = request["counter"];
  LIBBPF_OPTS(bpf_uprobe_opts, options, .ref_ctr_offset = counter, .bpf_cookie = cookie,
              .retprobe = request["retprobe"], .func_name = function.empty() ? nullptr : function.c_str());
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

// attachIter(object, program, { over, id, order }): over is "", "map" (id: a map's fd), "cgroup" (an fd,
// walked in this order), "pidfd", "tid" or "pid"
Napi::Value attachIter(const Napi::CallbackInfo& info) {
  const Request request(info[2]);
  const std::string over = request["over"];
  const uint32_t id = request["id"];
  const uint32_t order = request["order"];
  return attach(info, [&](const bpf_program* program) {
    bpf_iter_link_info target = {};
    if (over == "map") target.map.map_fd = id;
    if (over == "cgroup") {
      target.cgroup.cgroup_fd = id;
      target.cgroup.order = static_cast<bpf_cgroup_iter_order>(order);
    }
    if (over == "pidfd") target.task.pid_fd = id;
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

// attachKprobeMulti(object, program, { pattern, functions, addresses, cookies, retprobe, session }): by
// pattern if it is not empty, else by the functions' names, else by their addresses
Napi::Value attachKprobeMulti(const Napi::CallbackInfo& info) {
  const Request request(info[2]);
  const std::string pattern = request["pattern"];
  const std::vector<std::string> functions = request["functions"];
  const std::vector<uint64_t> addresses = request["addresses"];
  const std::vector<uint64_t> cookies = request["cookies"];
  const std::vector<const char*> names = pointersTo(functions);
  const bool session = request["session"];
  LIBBPF_OPTS(bpf_kprobe_multi_opts, options, .retprobe = request["retprobe"]);
  if (pattern.empty()) {
    options.syms = names.empty() ? nullptr : const_cast<const char**>(names.data());
    options.addrs = names.empty() ? asLongs(addresses) : nullptr;
    options.cnt = names.empty() ? addresses.size() : names.size();
    options.cookies = cookies.empty() ? nullptr : asU64(cookies);
  }
#if LIBBPF_MAJOR_VERSION > 1 || LIBBPF_MINOR_VERSION >= 5
  options.session = session;
#else
  if (session) return unsupported(info);
#endif
  return attach(info, [&](const bpf_program* program) {
    return bpf_program__attach_kprobe_multi_opts(program, pattern.empty() ? nullptr : pattern.c_str(),
                                                 &options);
  });
}

// attachKsyscall(object, program, { function, retprobe, cookie }): function is the system call's name
Napi::Value attachKsyscall(const Napi::CallbackInfo& info) {
  const Request request(info[2]);
  const std::string function = request["function"];
  const uint64_t cookie = request["cookie"];
  LIBBPF_OPTS(bpf_ksyscall_opts, options, .bpf_cookie = cookie, .retprobe = request["retprobe"]);
  return attach(info, [&](const bpf_program* program) {
    return bpf_program__attach_ksyscall(program, function.c_str(), &options);
  });
}

// attachUprobeMulti(object, program, { pid, path, pattern, functions, offsets, counters, cookies, retprobe,
// session }): by pattern if it is not empty, else by the functions' names, else by offsets in the file;
// counters are offsets of reference counters
Napi::Value attachUprobeMulti(const Napi::CallbackInfo& info) {
  const Request request(info[2]);
  [[maybe_unused]] const int32_t pid = request["pid"];
  const std::string path = request["path"];
  const std::string pattern = request["pattern"];
  const std::vector<std::string> functions = request["functions"];
  const std::vector<uint64_t> offsets = request["offsets"];
  const std::vector<uint64_t> counters = request["counters"];
  const std::vector<uint64_t> cookies = request["cookies"];
  const std::vector<const char*> names = pointersTo(functions);
  const bool session = request["session"];
  const bool retprobe = request["retprobe"];
#if LIBBPF_MAJOR_VERSION > 1 || LIBBPF_MINOR_VERSION >= 3
  LIBBPF_OPTS(bpf_uprobe_multi_opts, options, .retprobe = retprobe);
  if (pattern.empty()) {
    options.syms = names.empty() ? nullptr : const_cast<const char**>(names.data());
    options.offsets = names.empty() ? asLongs(offsets) : nullptr;
    options.cnt = names.empty() ? offsets.size() : names.size();
    options.ref_ctr_offsets = counters.empty() ? nullptr : asLongs(counters);
    options.cookies = cookies.empty() ? nullptr : asU64(cookies);
  }
#if LIBBPF_MAJOR_VERSION > 1 || LIBBPF_MINOR_VERSION >= 6
  options.session = session;
#else
  if (session) return unsupported(info);
#endif
  return attach(info, [&](const bpf_program* program) {
    return bpf_program__attach_uprobe_multi(program, pid, path.c_str(),
                                            pattern.empty() ? nullptr : pattern.c_str(), &options);
  });
#else
  (void)retprobe;
  (void)session;
  return attach(info, [](const bpf_program*) {
    errno = EOPNOTSUPP;
    return static_cast<bpf_link*>(nullptr);
  });
#endif
}

// attachUsdt(object, program, { pid, path, provider, name, cookie })
Napi::Value attachUsdt(const Napi::CallbackInfo& info) {
  const Request request(info[2]);
  const int32_t pid = request["pid"];
  const std::string path = request["path"];
  const std::string provider = request["provider"];
  const std::string name = request["name"];
  const uint64_t cookie = request["cookie"];
  LIBBPF_OPTS(bpf_usdt_opts, options, .usdt_cookie = cookie);
  return attach(info, [&](const bpf_program* program) {
    return bpf_program__attach_usdt(program, pid, path.c_str(), provider.c_str(), name.c_str(), &options);
  });
}

// attachPerfEvent(object, program, { type, config, sample, frequency, pid, cpu, cookie }): sample is a
// period, or a frequency in Hz
Napi::Value attachPerfEvent(const Napi::CallbackInfo& info) {
  const Request request(info[2]);
  const uint64_t cookie = request["cookie"];
  const uint64_t config = request["config"];
  const uint64_t sample = request["sample"];
  const bool frequency = request["frequency"];
  const int32_t pid = request["pid"];
  const int32_t cpu = request["cpu"];
  perf_event_attr event = {};
  event.size = sizeof(event);
  event.type = request["type"];
  event.config = config;
  event.freq = frequency ? 1 : 0;
  event.sample_period = sample;  // a union with sample_freq
  return attach(info, [&](const bpf_program* program) -> bpf_link* {
    Fd fd(static_cast<int>(syscall(SYS_perf_event_open, &event, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC)));
    if (fd.get() < 0) return nullptr;
    LIBBPF_OPTS(bpf_perf_event_opts, options, .bpf_cookie = cookie);
    bpf_link* link = bpf_program__attach_perf_event_opts(program, fd.get(), &options);
    if (link != nullptr) fd.release();  // the link's now
    return link;
  });
}

// attachFreplace(object, program, { target, function }): target is the descriptor of the program whose
// function is replaced; -1 for the one that the program was loaded for
Napi::Value attachFreplace(const Napi::CallbackInfo& info) {
  const Request request(info[2]);
  const int32_t target = request["target"];
  const std::string function = request["function"];
  return attach(info, [&](const bpf_program* program) {
    if (target < 0) return bpf_program__attach_freplace(program, 0, nullptr);
    return bpf_program__attach_freplace(program, target, function.c_str());
  });
}

// attachStructOps(object, map)
Napi::Value attachStructOps(const Napi::CallbackInfo& info) {
  std::shared_ptr<Object> object = Environment::of(info.Env()).objects.share(int32Of(info[0]));
  const bpf_map* map = object == nullptr ? nullptr : object->map(uint32Of(info[1]));
  Link::Pointer link;
  Outcome outcome = observe(object != nullptr && object->verbose(), [&] {
    if (map == nullptr) return -EBADF;
    link.reset(bpf_map__attach_struct_ops(map));
    return link == nullptr ? -errno : 0;
  });
  if (link != nullptr) {
    const bool hasLink = (bpf_map__map_flags(map) & kLink) != 0;
    const Link::Of of = hasLink ? Link::Of::kStructOps : Link::Of::kMap;
    outcome.status =
        Environment::of(info.Env()).links.add(std::make_shared<Link>(std::move(link), std::move(object), of));
  }
  return outcome.toJs(info.Env());
}

// attachAuto(object, program): attaches by the section, for kinds that libbpf attaches by itself
Napi::Value attachAuto(const Napi::CallbackInfo& info) {
  return attach(info, [](const bpf_program* program) { return bpf_program__attach(program); });
}

}  // namespace

void exportAttach(Napi::Object exports) {
  exportStory<attachBtf>(exports, "attachBtf");
  exportStory<attachRawTracepoint>(exports, "attachRawTracepoint");
  exportStory<attachTracepoint>(exports, "attachTracepoint");
  exportStory<attachKprobe>(exports, "attachKprobe");
  exportStory<attachKprobeMulti>(exports, "attachKprobeMulti");
  exportStory<attachKsyscall>(exports, "attachKsyscall");
  exportStory<attachUprobe>(exports, "attachUprobe");
  exportStory<attachUprobeMulti>(exports, "attachUprobeMulti");
  exportStory<attachUsdt>(exports, "attachUsdt");
  exportStory<attachIter>(exports, "attachIter");
  exportStory<attachPerfEvent>(exports, "attachPerfEvent");
  exportStory<attachFreplace>(exports, "attachFreplace");
  exportStory<attachStructOps>(exports, "attachStructOps");
  exportStory<attachAuto>(exports, "attachAuto");
}

}  // namespace node_libbpf
