#include "program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "arguments.h"
#include "calls.h"
#include "environment.h"
#include "fd.h"
#include "fields.h"
#include "jobs.h"
#include "log.h"
#include "object.h"
#include "outcome.h"
#include "pin.h"

namespace node_libbpf {

namespace {

// A program, and what keeps its descriptor open: its object, or for a program that was opened alone, itself.
struct HeldProgram {
  std::shared_ptr<void> keeper;
  int fd = -1;
};

HeldProgram held(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  if (std::shared_ptr<Fd> own = environment.programs.share(int32Of(info[0]))) return {own, own->get()};
  std::shared_ptr<Object> object = environment.objects.share(int32Of(info[0]));
  const bpf_program* program = object == nullptr ? nullptr : object->program(uint32Of(info[1]));
  if (program == nullptr) return {};
  return {std::move(object), bpf_program__fd(program)};
}

struct TestRun : Job {
  HeldProgram program;
  std::string contextIn;
  std::string dataIn;
  std::string contextOut;
  std::string dataOut;
  uint32_t repeat = 0;
  uint32_t flags = 0;
  uint32_t cpu = 0;
  uint32_t batchSize = 0;
  uint32_t returned = 0;
  uint32_t duration = 0;

  void run() override {
    LIBBPF_OPTS(bpf_test_run_opts, options);
    options.repeat = static_cast<int>(repeat);
    options.flags = flags;
    options.cpu = cpu;
    options.batch_size = batchSize;
    if (!contextIn.empty()) {
      options.ctx_in = contextIn.data();
      options.ctx_size_in = static_cast<uint32_t>(contextIn.size());
    }
    if (!contextOut.empty()) {
      options.ctx_out = contextOut.data();
      options.ctx_size_out = static_cast<uint32_t>(contextOut.size());
    }
    if (!dataIn.empty()) {
      options.data_in = dataIn.data();
      options.data_size_in = static_cast<uint32_t>(dataIn.size());
    }
    if (!dataOut.empty()) {
      options.data_out = dataOut.data();
      options.data_size_out = static_cast<uint32_t>(dataOut.size());
    }
    error = bpf_prog_test_run_opts(program.fd, &options);
    returned = options.retval;
    duration = options.duration;
    // The kernel writes a syscall program's context back to its input buffer (net/bpf/test_run.c,
    // bpf_prog_test_run_syscall).
    if (contextOut.empty())
      contextOut = contextIn;
    else
      contextOut.resize(std::min<size_t>(contextOut.size(), options.ctx_size_out));
    dataOut.resize(std::min<size_t>(dataOut.size(), options.data_size_out));
  }

  Napi::Value toJs(Napi::Env env) override {
    return Reply(env)
        .set("status", error)
        .set("returnValue", returned)
        .set("durationNs", duration)
        .set("context", Memory{contextOut.data(), contextOut.size()})
        .set("data", Memory{dataOut.data(), dataOut.size()});
  }
};

// programTestRun(object, index, { context, contextOutSize, data, dataOutSize, repeat, flags, cpu, batchSize
// }): returns a Promise
Napi::Value testRun(const Napi::CallbackInfo& info) {
  const Request request(info[2]);
  Environment& environment = Environment::of(info.Env());
  Jobs* jobs = environment.jobs(info.Env());
  if (jobs == nullptr) return Outcome::noMemory().toJs(info.Env());
  auto run = std::make_shared<TestRun>();
  run->contextIn = copyOf(request.optional("context"));
  run->contextOut.resize(request["contextOutSize"]);
  run->dataIn = copyOf(request.optional("data"));
  run->dataOut.resize(request["dataOutSize"]);
  run->repeat = request["repeat"];
  run->flags = request["flags"];
  run->cpu = request["cpu"];
  run->batchSize = request["batchSize"];
  run->program = held(info);
  if (run->program.keeper == nullptr) run->error = -EBADF;
  return jobs->run(info.Env(), std::move(run));
}

// programFd(object, index): returns the fd, or -errno (-ENOENT: not loaded, autoload was off)
Napi::Value fd(const Napi::CallbackInfo& info) {
  const HeldProgram program = held(info);
  if (program.keeper == nullptr) return status(info.Env(), -EBADF);
  return status(info.Env(), program.fd < 0 ? -ENOENT : program.fd);
}

Napi::Value opened(const Napi::CallbackInfo& info, Fd fd) {
  const int error = fd.get() < 0 ? -errno : checkKind(fd.get(), PinKind::kProgram);
  if (error < 0) return status(info.Env(), error);
  return status(info.Env(), Environment::of(info.Env()).programs.add(std::make_shared<Fd>(std::move(fd))));
}

// programOpen(path), programOfId(id): return a handle that stands for an object with one program, or -errno;
// see checkKind()
Napi::Value open(const Napi::CallbackInfo& info) {
  return opened(info, Fd(bpf_obj_get(stringOf(info[0]).c_str())));
}
Napi::Value ofId(const Napi::CallbackInfo& info) {
  return opened(info, Fd(bpf_prog_get_fd_by_id(uint32Of(info[0]))));
}

// sectionTypes(section): returns { status, type, attachType }, as libbpf derives them from a section's name
Napi::Value sectionTypes(const Napi::CallbackInfo& info) {
  const LogScope silent(false);
  bpf_prog_type type = BPF_PROG_TYPE_UNSPEC;
  bpf_attach_type attachType = BPF_CGROUP_INET_INGRESS;
  const int error = libbpf_prog_type_by_name(stringOf(info[0]).c_str(), &type, &attachType);
  return Reply(info.Env())
      .set("status", error)
      .set("type", static_cast<int32_t>(type))
      .set("attachType", static_cast<int32_t>(attachType));
}

// programId(object, index): returns the kernel's id, or -errno
Napi::Value id(const Napi::CallbackInfo& info) {
  const int descriptor = fd(info).As<Napi::Number>();
  if (descriptor < 0) return status(info.Env(), descriptor);
  bpf_prog_info program = {};
  uint32_t size = sizeof(program);
  const int error = bpf_obj_get_info_by_fd(descriptor, &program, &size);
  return status(info.Env(), error < 0 ? error : static_cast<int32_t>(program.id));
}

// BPF_PROG_STREAM_READ_BY_FD and its part of bpf_attr: the system's linux/bpf.h and libbpf may be older.
constexpr int kStreamRead = 37;
struct StreamRead {
  uint64_t buffer;
  uint32_t length;
  uint32_t stream;
  uint32_t program;
  uint32_t padding = 0;
};

// programStreamRead(object, index, stream, target): moves up to target.length bytes out of a stream of the
// program; returns their number, 0 if it is empty, or -errno
Napi::Value streamRead(const Napi::CallbackInfo& info) {
  const int descriptor = fd(info).As<Napi::Number>();
  if (descriptor < 0) return status(info.Env(), descriptor);
  const Memory target = memoryOf(info[3]);
  StreamRead attr = {
      .buffer = reinterpret_cast<uintptr_t>(target.data),
      .length = static_cast<uint32_t>(target.size),
      .stream = uint32Of(info[2]),
      .program = static_cast<uint32_t>(descriptor),
  };
  const auto read = static_cast<int32_t>(syscall(SYS_bpf, kStreamRead, &attr, sizeof(attr)));
  return status(info.Env(), read < 0 ? -errno : read);
}

}  // namespace

void exportProgram(Napi::Object exports) {
  exportStory<testRun>(exports, "programTestRun");
  exportCall<fd>(exports, "programFd");
  exportCall<open>(exports, "programOpen");
  exportCall<ofId>(exports, "programOfId");
  exportStory<sectionTypes>(exports, "sectionTypes");
  exportCall<id>(exports, "programId");
  exportCall<streamRead>(exports, "programStreamRead");
}

}  // namespace node_libbpf
