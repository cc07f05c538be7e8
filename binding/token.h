// BPF tokens (Linux 6.9): the right to load in a user namespace, from a bpffs.
#pragma once

#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <napi.h>

#include <cstdint>

namespace node_libbpf {

// Passes a token's descriptor with the options of a call; 0 for none. Before libbpf 1.4 there is no member
// for it, and tokenCreate() gives none.
template <class Options, class Flags>
void useToken(int32_t token, Options* options, Flags* flags) {
#if LIBBPF_MAJOR_VERSION > 1 || LIBBPF_MINOR_VERSION >= 4
  if (token <= 0) return;
  options->token_fd = static_cast<uint32_t>(token);
  *flags |= BPF_F_TOKEN_FD;
#else
  static_cast<void>(token), static_cast<void>(options), static_cast<void>(flags);
#endif
}

void exportToken(Napi::Object exports);

}  // namespace node_libbpf
