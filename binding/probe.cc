#include "probe.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include <array>
#include <cstring>
#include <string>

#include "arguments.h"
#include "calls.h"
#include "fd.h"

namespace node_libbpf {

namespace {

// probeLoad(type, attachType, flags, btfId): returns { status, log }. status is 0 if the kernel accepted `r0
// = 0; exit`, else -errno. The program is unloaded at once.
Napi::Value probeLoad(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto type = static_cast<bpf_prog_type>(int32Of(info[0]));
  std::array<char, 4096> log{};
  LIBBPF_OPTS(bpf_prog_load_opts, options);
  options.expected_attach_type = static_cast<bpf_attach_type>(int32Of(info[1]));
  options.prog_flags = uint32Of(info[2]);
  options.attach_btf_id = uint32Of(info[3]);
  options.log_buf = log.data();
  options.log_size = log.size();
  options.log_level = 1;
  const bpf_insn instructions[] = {
      {BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0},
      {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
  };
  const Fd program(bpf_prog_load(type, "probe", "GPL", instructions, std::size(instructions), &options));
  Napi::Object result = Napi::Object::New(env);
  result["status"] = program.get() < 0 ? program.get() : 0;
  result["log"] = std::string(log.data(), strnlen(log.data(), log.size()));
  return result;
}

}  // namespace

void exportProbe(Napi::Object exports) { exportStory<probeLoad>(exports, "probeLoad"); }

}  // namespace node_libbpf
