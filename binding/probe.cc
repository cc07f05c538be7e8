#include "probe.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <linux/bpf.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "arguments.h"

namespace node_libbpf {

namespace {

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) close(fd_);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// The BTF object of a module by its name; -ENOENT if no such module is loaded.
int moduleBtf(const std::string& name) {
  for (uint32_t id = 0; bpf_btf_get_next_id(id, &id) == 0;) {
    Fd fd(bpf_btf_get_fd_by_id(id));
    if (fd.get() < 0) continue;  // gone meanwhile
    std::array<char, 64> found{};
    bpf_btf_info info{};
    info.name = reinterpret_cast<uint64_t>(found.data());
    info.name_len = found.size();
    uint32_t size = sizeof(info);
    if (bpf_obj_get_info_by_fd(fd.get(), &info, &size) == 0 && info.kernel_btf && name == found.data()) {
      return dup(fd.get());
    }
  }
  return -ENOENT;
}

// probeLoad(type, attachType, flags, btfId, module): { status, log }. status is 0 if the kernel took
// `r0 = 0; exit`, else -errno; the program is unloaded at once.
Napi::Value probeLoad(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto type = static_cast<bpf_prog_type>(int32Of(info[0]));
  const std::string module = stringOf(info[4]);
  const Fd btf(module.empty() ? -1 : moduleBtf(module));
  Napi::Object result = Napi::Object::New(env);
  result["log"] = "";
  if (!module.empty() && btf.get() < 0) {
    result["status"] = btf.get();
    return result;
  }
  std::array<char, 4096> log{};
  LIBBPF_OPTS(bpf_prog_load_opts, options);
  options.expected_attach_type = static_cast<bpf_attach_type>(int32Of(info[1]));
  options.prog_flags = uint32Of(info[2]);
  options.attach_btf_id = uint32Of(info[3]);
  options.attach_btf_obj_fd = btf.get() < 0 ? 0 : btf.get();
  options.log_buf = log.data();
  options.log_size = log.size();
  options.log_level = 1;
  const bpf_insn instructions[] = {
      {BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0},
      {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
  };
  const Fd program(bpf_prog_load(type, "probe", "GPL", instructions, std::size(instructions), &options));
  result["status"] = program.get() < 0 ? program.get() : 0;
  result["log"] = std::string(log.data(), strnlen(log.data(), log.size()));
  return result;
}

}  // namespace

void exportProbe(Napi::Env env, Napi::Object exports) {
  exports["probeLoad"] = Napi::Function::New<probeLoad>(env, "probeLoad");
}

}  // namespace node_libbpf
