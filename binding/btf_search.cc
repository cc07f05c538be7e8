#include "btf_search.h"

#include <fcntl.h>
#include <linux/btf.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arguments.h"
#include "calls.h"
#include "fd.h"
#include "fields.h"
#include "shared_memory.h"

namespace node_libbpf {

namespace {

// btfMap(path): returns the bytes of a file of /sys/kernel/btf, which must not be written to, or -errno.
// Since Linux 6.16 the kernel's can be mapped, privately (btf_sysfs_vmlinux_mmap() in
// kernel/bpf/sysfs_btf.c).
Napi::Value map(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Fd fd(open(stringOf(info[0]).c_str(), O_RDONLY | O_CLOEXEC));
  struct stat found;
  if (fd.get() < 0 || fstat(fd.get(), &found) < 0) return status(env, -errno);
  const auto size = static_cast<size_t>(found.st_size);
  void* data = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (data == MAP_FAILED) return status(env, -errno);
  const std::shared_ptr<void> owner(data, [size](void* memory) { munmap(memory, size); });
  const Napi::Value buffer = SharedMemory(owner, static_cast<char*>(data), size).buffer(env);
  if (buffer.IsEmpty()) return status(env, -EOPNOTSUPP);
  return Napi::Uint8Array::New(env, size, buffer.As<Napi::ArrayBuffer>(), 0);
}

Napi::Uint32Array arrayOf(Napi::Env env, const std::vector<uint32_t>& numbers) {
  Napi::Uint32Array result = Napi::Uint32Array::New(env, numbers.size());
  std::copy(numbers.begin(), numbers.end(), result.Data());
  return result;
}

// The 32-bit words of type records, and the places where they start.
struct Words {
  explicit Words(const Napi::Value& value) {
    const Memory memory = memoryOf<napi_uint32_array, sizeof(uint32_t)>(value);
    data = reinterpret_cast<const uint32_t*>(memory.data);
    count = memory.size / sizeof(uint32_t);
  }
  const uint32_t* data;
  size_t count;
};

// Words of a record after the three of struct btf_type: those of each type, and those of each member.
struct Extra {
  uint8_t fixed;
  uint8_t each;
};

std::optional<Extra> extraOf(uint32_t kind) {
  switch (kind) {
    case BTF_KIND_INT:
    case BTF_KIND_VAR:
    case BTF_KIND_DECL_TAG:
      return Extra{1, 0};
    case BTF_KIND_ARRAY:
      return Extra{3, 0};
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
    case BTF_KIND_DATASEC:
    case BTF_KIND_ENUM64:
      return Extra{0, 3};
    case BTF_KIND_ENUM:
    case BTF_KIND_FUNC_PROTO:
      return Extra{0, 2};
    case BTF_KIND_PTR:
    case BTF_KIND_FWD:
    case BTF_KIND_TYPEDEF:
    case BTF_KIND_VOLATILE:
    case BTF_KIND_CONST:
    case BTF_KIND_RESTRICT:
    case BTF_KIND_FUNC:
    case BTF_KIND_FLOAT:
    case BTF_KIND_TYPE_TAG:
      return Extra{0, 0};
    default:
      return std::nullopt;
  }
}

// btfStarts(types: Uint32Array): returns { starts: Uint32Array, kinds: a bit for each kind }, or -EINVAL for
// records that are truncated or of unknown kinds
Napi::Value starts(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Words words(info[0]);
  std::vector<uint32_t> found;
  found.reserve(words.count / 7);  // as of the kernel's
  uint32_t kinds = 0;
  size_t at = 0;
  while (at + 3 <= words.count) {
    const uint32_t kind = BTF_INFO_KIND(words.data[at + 1]);
    const std::optional<Extra> extra = extraOf(kind);
    if (!extra) return status(env, -EINVAL);
    found.push_back(static_cast<uint32_t>(at));
    kinds |= 1U << kind;
    at += 3 + extra->fixed + size_t{extra->each} * BTF_INFO_VLEN(words.data[at + 1]);
  }
  if (at != words.count) return status(env, -EINVAL);
  return Reply(env).set("starts", arrayOf(env, found)).set("kinds", kinds);
}

// btfMatches(types, starts, strings, first, kind, prefix, limit): returns the indices in `starts` of the
// types of a kind whose names begin so, at most `limit`. `first` is the offset of `strings`.
Napi::Value matches(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Words words(info[0]);
  const Words starts(info[1]);
  const Memory strings = memoryOf(info[2]);
  const uint32_t first = uint32Of(info[3]);
  const uint32_t kind = uint32Of(info[4]);
  const std::string prefix = stringOf(info[5]);
  const uint32_t limit = uint32Of(info[6]);
  std::vector<uint32_t> found;
  for (size_t index = 0; index < starts.count && found.size() < limit; index++) {
    const size_t at = starts.data[index];
    if (at + 3 > words.count || BTF_INFO_KIND(words.data[at + 1]) != kind) continue;
    const uint32_t name = words.data[at];
    if (name < first || name - first >= strings.size || strings.size - (name - first) < prefix.size())
      continue;
    const char* text = strings.data + (name - first);
    if (memcmp(text, prefix.data(), prefix.size()) == 0) found.push_back(static_cast<uint32_t>(index));
  }
  return arrayOf(env, found);
}

}  // namespace

void exportBtfSearch(Napi::Object exports) {
  exportCall<map>(exports, "btfMap");
  exportCall<starts>(exports, "btfStarts");
  exportCall<matches>(exports, "btfMatches");
}

}  // namespace node_libbpf
