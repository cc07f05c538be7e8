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
#include "token.h"
#include "unprofiled.h"

namespace node_libbpf {

namespace {

// The index of no network interface.
constexpr int kNoInterface = 0x7fffffff;

// probeLoad({ type, attachType, flags, btfId, helper, kfunc, link, token }): returns { status, log,
// linkStatus }. status is 0 if the kernel accepted `r0 = 0; exit`, else -errno; a helper's number or a
// kfunc's BTF id puts a call of it, without arguments, first. The program is unloaded at once. With `link`,
// linkStatus is the result of a BPF_LINK_CREATE that can't succeed: it names no target.
Napi::Value probeLoad(const Napi::CallbackInfo& info) {
  const Request request(info[0]);
  const int32_t type = request["type"];
  const int32_t attachType = request["attachType"];
  const int32_t helper = request["helper"];
  const int32_t kfunc = request["kfunc"];
  const bool links = request["link"];
  std::array<char, 16384> log{};
  LIBBPF_OPTS(bpf_prog_load_opts, options);
  options.expected_attach_type = static_cast<bpf_attach_type>(attachType);
  options.prog_flags = request["flags"];
  useToken(request["token"], &options, &options.prog_flags);
  options.attach_btf_id = request["btfId"];
  options.log_buf = log.data();
  options.log_size = log.size();
  options.log_level = 1;
  const __u8 source = kfunc > 0 ? BPF_PSEUDO_KFUNC_CALL : 0;
  const bpf_insn instructions[] = {
      {BPF_JMP | BPF_CALL, 0, source, 0, kfunc > 0 ? kfunc : helper},
      {BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0},
      {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
  };
  const Unprofiled quiet;
  const size_t first = helper > 0 || kfunc > 0 ? 0 : 1;
  const Fd program(bpf_prog_load(static_cast<bpf_prog_type>(type), "probe", "GPL", instructions + first,
                                 std::size(instructions) - first, &options));
  int linkStatus = 0;
  if (links && program.get() >= 0) {
    const Fd link(
        bpf_link_create(program.get(), kNoInterface, static_cast<bpf_attach_type>(attachType), nullptr));
    linkStatus = link.get() < 0 ? link.get() : 0;
  }
  return Reply(info.Env())
      .set("status", program.get() < 0 ? program.get() : 0)
      .set("log", std::string(log.data(), strnlen(log.data(), log.size())))
      .set("linkStatus", linkStatus);
}

}  // namespace

void exportProbe(Napi::Object exports) { exportStory<probeLoad>(exports, "probeLoad"); }

}  // namespace node_libbpf
