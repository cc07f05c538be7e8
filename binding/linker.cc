#include "linker.h"

#include <bpf/libbpf.h>

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "arguments.h"
#include "calls.h"
#include "outcome.h"

namespace node_libbpf {

namespace {

struct Free {
  void operator()(bpf_linker* linker) const { bpf_linker__free(linker); }
};

int link(const std::string& output, const std::vector<std::string>& inputs) {
  const std::unique_ptr<bpf_linker, Free> linker(bpf_linker__new(output.c_str(), nullptr));
  if (linker == nullptr) return -errno;
  for (const std::string& input : inputs) {
    const int error = bpf_linker__add_file(linker.get(), input.c_str(), nullptr);
    if (error != 0) return error;
  }
  return bpf_linker__finalize(linker.get());
}

// linkFiles(output, inputs): returns an Outcome. Pass only objects that a compiler made: libbpf's linker does
// not check for damage.
Napi::Value linkFiles(const Napi::CallbackInfo& info) {
  const std::string output = stringOf(info[0]);
  std::vector<std::string> inputs;
  const Napi::Array paths = info[1].As<Napi::Array>();
  for (uint32_t i = 0; i < paths.Length(); i++) inputs.push_back(stringOf(paths.Get(i)));
  return observe(false, [&] { return link(output, inputs); }).toJs(info.Env());
}

}  // namespace

void exportLinker(Napi::Object exports) { exportStory<linkFiles>(exports, "linkFiles"); }

}  // namespace node_libbpf
