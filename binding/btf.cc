#include "btf.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <linux/bpf.h>

#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "arguments.h"
#include "calls.h"
#include "fd.h"
#include "fields.h"

namespace node_libbpf {

namespace {

struct Free {
  void operator()(btf* types) const { btf__free(types); }
  void operator()(btf_dump* dump) const { btf_dump__free(dump); }
};
using Btf = std::unique_ptr<btf, Free>;
using Dump = std::unique_ptr<btf_dump, Free>;

Napi::Value bufferOf(Napi::Env env, const void* data, size_t size) {
  return Napi::Buffer<char>::Copy(env, static_cast<const char*>(data), size);
}

// btfKernel(): returns the bytes of the kernel's BTF, or -errno
Napi::Value kernel(const Napi::CallbackInfo& info) {
  const Btf types(btf__load_vmlinux_btf());
  if (types == nullptr) return status(info.Env(), -errno);
  uint32_t size;
  const void* data = btf__raw_data(types.get(), &size);
  return data == nullptr ? status(info.Env(), -ENOMEM) : bufferOf(info.Env(), data, size);
}

// btfById(id): returns { bytes, name, kernel }, or -errno. Does not use btf__load_from_kernel_by_id(), which
// parses the bytes, and for a module also needs the kernel's BTF.
Napi::Value byId(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Fd fd(bpf_btf_get_fd_by_id(uint32Of(info[0])));
  if (fd.get() < 0) return status(env, fd.get());
  bpf_btf_info known = {};
  uint32_t size = sizeof(known);
  int error = bpf_obj_get_info_by_fd(fd.get(), &known, &size);
  if (error < 0) return status(env, error);
  std::vector<char> bytes(known.btf_size);
  char name[64] = "";  // MODULE_NAME_LEN
  known = {};
  known.btf = reinterpret_cast<uint64_t>(bytes.data());
  known.btf_size = static_cast<uint32_t>(bytes.size());
  // Kernels before 5.11 have no BTF names and fail with E2BIG if they are requested, so pass the size of the
  // fields that this kernel knows.
  if (size > offsetof(bpf_btf_info, name)) {
    known.name = reinterpret_cast<uint64_t>(name);
    known.name_len = sizeof(name);
  }
  size = sizeof(known);
  error = bpf_obj_get_info_by_fd(fd.get(), &known, &size);
  if (error < 0) return status(env, error);
  return Reply(env)
      .set("bytes", Memory{bytes.data(), bytes.size()})
      .set("name", std::string(name, strnlen(name, sizeof(name))))
      .set("kernel", known.kernel_btf != 0);
}

// Collects libbpf's output.
struct Text {
  std::string text;
  bool whole = true;
};

__attribute__((format(printf, 2, 0))) void append(void* text, const char* format, va_list arguments) {
  char chunk[512];
  va_list again;
  va_copy(again, arguments);
  const int length = vsnprintf(chunk, sizeof(chunk), format, arguments);
  auto& out = *static_cast<Text*>(text);
  const auto add = [&] {
    if (length >= static_cast<int>(sizeof(chunk))) {
      const size_t start = out.text.size();
      out.text.resize(start + static_cast<size_t>(length) + 1);
      vsnprintf(&out.text[start], static_cast<size_t>(length) + 1, format, again);
      out.text.resize(start + static_cast<size_t>(length));
    } else if (length > 0) {
      out.text.append(chunk, static_cast<size_t>(length));
    }
    return out.whole;
  };
  out.whole = guarded(add, [] { return false; });
  va_end(again);
}

// The declarations that bpftool writes since 7.5 (dump_btf_kfuncs()).
int dumpKfunc(btf_dump* dump, const btf* types, uint32_t id, Text* text) {
  const btf_type* function = btf__type_by_id(types, id);
  if (function == nullptr || !btf_is_func(function)) return -EINVAL;
  LIBBPF_OPTS(btf_dump_emit_type_decl_opts, options,
              .field_name = btf__name_by_offset(types, function->name_off));
  text->text += "extern ";
  const int error = btf_dump__emit_type_decl(dump, function->type, &options);
  text->text += " __weak __ksym;\n";
  return error;
}

// Calls `dump` with each id until it fails.
template <typename Dump>
int forEach(const std::vector<uint32_t>& ids, const Dump& dump) {
  int error = 0;
  for (size_t i = 0; error >= 0 && i < ids.size(); i++) error = dump(ids[i]);
  return error;
}

// btfDumpC({ bytes, types, functions }): returns the types as C, followed by the prototypes of the functions,
// or -errno. libbpf follows every reference, so TypeScript must have rejected dangling references and cycles
// before.
Napi::Value dumpC(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Request request(info[0]);
  const std::string bytes = copyOf(request["bytes"]);
  const std::vector<uint32_t> ids = request["types"];
  const std::vector<uint32_t> functions = request["functions"];
  const Btf types(btf__new(bytes.data(), static_cast<uint32_t>(bytes.size())));
  if (types == nullptr) return status(env, -errno);
  Text text;
  const Dump dump(btf_dump__new(types.get(), append, &text, nullptr));
  if (dump == nullptr) return status(env, -errno);
  int error = forEach(ids, [&](uint32_t id) { return btf_dump__dump_type(dump.get(), id); });
  if (error < 0) return status(env, error);
  if (!functions.empty()) {
    text.text += "\n/* The kernel's functions for BPF programs. */\n#ifndef BPF_NO_KFUNC_PROTOTYPES\n";
    error = forEach(functions, [&](uint32_t id) { return dumpKfunc(dump.get(), types.get(), id, &text); });
    if (error < 0) return status(env, error);
    text.text += "#endif\n";
  }
  return text.whole ? bufferOf(env, text.text.data(), text.text.size()) : status(env, -ENOMEM);
}

}  // namespace

void exportBtf(Napi::Object exports) {
  exportCall<kernel>(exports, "btfKernel");
  exportCall<byId>(exports, "btfById");
  exportCall<dumpC>(exports, "btfDumpC");
}

}  // namespace node_libbpf
