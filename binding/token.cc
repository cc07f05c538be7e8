#include "token.h"

#include <bpf/bpf.h>
#include <fcntl.h>

#include <cerrno>
#include <string>

#include "arguments.h"
#include "calls.h"
#include "fd.h"

namespace node_libbpf {

namespace {

// tokenCreate(path): returns the descriptor of a token of the bpffs at a path, which the caller closes, or
// -errno
Napi::Value create(const Napi::CallbackInfo& info) {
#if LIBBPF_MAJOR_VERSION > 1 || LIBBPF_MINOR_VERSION >= 4
  const Fd bpffs(open(stringOf(info[0]).c_str(), O_DIRECTORY | O_RDONLY | O_CLOEXEC));
  if (bpffs.get() < 0) return status(info.Env(), -errno);
  return status(info.Env(), bpf_token_create(bpffs.get(), nullptr));
#else
  return status(info.Env(), -EOPNOTSUPP);
#endif
}

}  // namespace

void exportToken(Napi::Object exports) { exportCall<create>(exports, "tokenCreate"); }

}  // namespace node_libbpf
