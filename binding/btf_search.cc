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
#include <string_view>
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

// Type records with the string section of their names.
struct Names {
  Names(const Napi::CallbackInfo& info)
      : words(info[0]), starts(info[1]), strings(memoryOf(info[2])), first(uint32Of(info[3])) {}

  uint32_t kind(size_t index) const { return BTF_INFO_KIND(words.data[starts.data[index] + 1]); }

  // The type's name without its flavor; empty for a record or a name that does not exist.
  std::string_view of(size_t index) const {
    const size_t at = starts.data[index];
    if (at + 3 > words.count) return {};
    const uint32_t name = words.data[at];
    if (name < first || name - first >= strings.size) return {};
    const char* text = strings.data + (name - first);
    return withoutFlavor({text, strnlen(text, strings.size - (name - first))});
  }

  // A flavor is what follows three underscores between other characters: bpf_core_essential_name_len().
  static std::string_view withoutFlavor(std::string_view name) {
    if (name.find("___") == std::string_view::npos) return name;
    for (size_t at = name.size(); at >= 5; at--) {
      const std::string_view end = name.substr(at - 5, 5);
      if (end.substr(1, 3) == "___" && end[0] != '_' && end[4] != '_') return name.substr(0, at - 4);
    }
    return name;
  }

  const Words words;
  const Words starts;
  const Memory strings;
  const uint32_t first;
};

uint32_t hashOf(std::string_view text) {
  uint32_t hash = 2166136261;  // FNV-1a
  for (const char character : text) hash = (hash ^ static_cast<unsigned char>(character)) * 16777619;
  return hash;
}

// btfIndex(types, starts, strings, first): returns a hash table of the types by their names without flavors.
// Its size is a power of two, and its entries are indices in `starts`, plus 1.
Napi::Value index(const Napi::CallbackInfo& info) {
  const Names names(info);
  size_t size = 16;
  while (size < 2 * names.starts.count) size *= 2;
  std::vector<uint32_t> table(size);
  for (size_t index = 0; index < names.starts.count; index++) {
    const std::string_view name = names.of(index);
    if (name.empty()) continue;
    size_t place = hashOf(name) & (size - 1);
    while (table[place] != 0) place = (place + 1) & (size - 1);
    table[place] = static_cast<uint32_t>(index) + 1;
  }
  return arrayOf(info.Env(), table);
}

// btfNamed(types, starts, strings, first, table, kind, name): returns the indices in `starts` of the types of
// a kind that have the name, with or without a flavor.
Napi::Value named(const Napi::CallbackInfo& info) {
  const Names names(info);
  const Words table(info[4]);
  const uint32_t kind = uint32Of(info[5]);
  const std::string wanted = stringOf(info[6]);
  const std::string_view name = Names::withoutFlavor(wanted);
  std::vector<uint32_t> found;
  const size_t mask = table.count - 1;
  if (name.empty() || table.count == 0 || (table.count & mask) != 0) return arrayOf(info.Env(), found);
  size_t place = hashOf(name) & mask;
  for (size_t left = table.count; left > 0 && table.data[place] != 0; left--, place = (place + 1) & mask) {
    const size_t index = table.data[place] - 1;
    if (index < names.starts.count && names.of(index) == name && names.kind(index) == kind)
      found.push_back(static_cast<uint32_t>(index));
  }
  // In the order of the types, which the table's end may have broken.
  std::sort(found.begin(), found.end());
  return arrayOf(info.Env(), found);
}

}  // namespace

void exportBtfSearch(Napi::Object exports) {
  exportCall<map>(exports, "btfMap");
  exportCall<starts>(exports, "btfStarts");
  exportCall<matches>(exports, "btfMatches");
  exportCall<index>(exports, "btfIndex");
  exportCall<named>(exports, "btfNamed");
}

}  // namespace node_libbpf
