#include "probe.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include <array>
#include <cstring>
#include <string>

#include "arguments.h"
#include "calls.h"
#include "fd.h"
#include "fields.h"

namespace node_libbpf {

namespace {

// probeLoad({ type, attachType, flags, btfId }): returns { status, log }. status is 0 if the kernel accepted
// `r0 = 0; exit`, else -errno. The program is unloaded at once.
Napi::Value probeLoad(const Napi::CallbackInfo& info) {
  const Request request(info[0]);
  const int32_t type = request["type"];
  const int32_t attachType = request["attachType"];
  std::array<char, 4096> log{};
  LIBBPF_OPTS(bpf_prog_load_opts, options);
  options.expected_attach_type = static_cast<bpf_attach_type>(attachType);
  options.prog_flags = request["flags"];
  options.attach_btf_id = request["btfId"];
  options.log_buf = log.data();
  options.log_size = log.size();
  options.log_level = 1;
  const bpf_insn instructions[] = {
      {BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0},
      {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
  };
  const Fd program(bpf_prog_load(static_cast<bpf_prog_type>(type), "probe", "GPL", instructions,
                                 std::size(instructions), &options));
  return Reply(info.Env())
      .set("status", program.get() < 0 ? program.get() : 0)
      .set("log", std::string(log.data(), strnlen(log.data(), log.size())));
}

}  // namespace

void exportProbe(Napi::Object exports) { exportStory<probeLoad>(exports, "probeLoad"); }

}  // namespace node_libbpf
