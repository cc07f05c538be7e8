// Creates and opens maps: of an object, from a definition, from a pin, by id.
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <memory>
#include <string>

#include "arguments.h"
#include "calls.h"
#include "environment.h"
#include "fields.h"
#include "log.h"
#include "map.h"
#include "object.h"
#include "pin.h"
#include "token.h"

namespace node_libbpf {

namespace {

struct FreeBtf {
  void operator()(btf* types) const { btf__free(types); }
};

// BTF for a key and a value that are plain bytes, with the type ids. Local storage maps can't be created
// without BTF (the key must be an int of 4 bytes: bpf_local_storage_map_check_btf() in the kernel).
struct ByteTypes {
  Fd fd;  // -errno if they could not be loaded
  uint32_t key = 0;
  uint32_t value = 0;
};

ByteTypes byteTypes(uint32_t valueSize, int32_t token) {
  const std::unique_ptr<btf, FreeBtf> owned(btf__new_empty());
  btf* types = owned.get();
  if (types == nullptr) return {Fd(-ENOMEM)};
  const int key = btf__add_int(types, "int", 4, BTF_INT_SIGNED);
  const int byte = btf__add_int(types, "unsigned char", 1, 0);
  const int value = btf__add_array(types, key, byte, valueSize);
  uint32_t size = 0;
  const void* bytes = btf__raw_data(types, &size);
  if (key < 0 || byte < 0 || value < 0 || bytes == nullptr) return {Fd(-EINVAL)};
  LIBBPF_OPTS(bpf_btf_load_opts, options);
#if LIBBPF_MAJOR_VERSION > 1 || LIBBPF_MINOR_VERSION >= 4
  useToken(token, &options, &options.btf_flags);
#else
  static_cast<void>(token);
#endif
  const int fd = bpf_btf_load(bytes, size, &options);
  return {Fd(fd < 0 ? -errno : fd), static_cast<uint32_t>(key), static_cast<uint32_t>(value)};
}

Napi::Value added(Napi::Env env, int fd) {
  int error = 0;
  std::shared_ptr<Map> map = Map::of(Fd(fd < 0 ? -errno : fd), &error);
  return status(env, map == nullptr ? error : Environment::of(env).maps.add(std::move(map)));
}

// mapOfObject(object, index): returns a new handle with its own descriptor, or -errno
Napi::Value ofObject(const Napi::CallbackInfo& info) {
  const Object* object = Environment::of(info.Env()).objects.find(int32Of(info[0]));
  const bpf_map* map = object == nullptr ? nullptr : object->map(uint32Of(info[1]));
  if (map == nullptr) return status(info.Env(), -EBADF);
  if (!bpf_map__autocreate(map) || bpf_map__fd(map) < 0) return status(info.Env(), -ENOENT);
  return added(info.Env(), fcntl(bpf_map__fd(map), F_DUPFD_CLOEXEC, 3));
}

// mapOfPath(path): returns the handle of a pinned map, or -errno; see checkKind()
Napi::Value ofPath(const Napi::CallbackInfo& info) {
  Fd fd(bpf_obj_get(stringOf(info[0]).c_str()));
  if (fd.get() < 0) return status(info.Env(), -errno);
  int error = checkKind(fd.get(), PinKind::kMap);
  if (error < 0) return status(info.Env(), error);
  std::shared_ptr<Map> map = Map::of(std::move(fd), &error);
  return status(info.Env(), map == nullptr ? error : Environment::of(info.Env()).maps.add(std::move(map)));
}

// mapOfId(id): returns the handle of the map with the kernel's id, or -errno
Napi::Value ofId(const Napi::CallbackInfo& info) {
  return added(info.Env(), bpf_map_get_fd_by_id(uint32Of(info[0])));
}

// mapCreate({ type, name, keySize, valueSize, maxEntries, flags, innerFd, mapExtra, numaNode, ifindex,
// vmlinuxValueType, byteTypes, token }): returns the handle, or -errno
Napi::Value create(const Napi::CallbackInfo& info) {
  const Request request(info[0]);
  const std::string name = request["name"];
  const uint32_t type = request["type"];
  const uint32_t keySize = request["keySize"];
  const uint32_t valueSize = request["valueSize"];
  const uint32_t maxEntries = request["maxEntries"];
  const uint64_t extra = request["mapExtra"];
  const bool isByteTyped = request["byteTypes"];
  const int32_t token = request["token"];
  const LogScope silent(false);
  LIBBPF_OPTS(bpf_map_create_opts, options);
  options.map_flags = request["flags"];
  options.map_extra = extra;
  options.numa_node = request["numaNode"];
  options.map_ifindex = request["ifindex"];
  options.inner_map_fd = request["innerFd"];
  options.btf_vmlinux_value_type_id = request["vmlinuxValueType"];
  ByteTypes types;
  // The kernel requires BTF also for a struct_ops map, although the value's type is from the kernel's own BTF
  // (map_create()).
  if (isByteTyped || options.btf_vmlinux_value_type_id != 0) {
    types = byteTypes(valueSize, token);
    if (types.fd.get() < 0) return status(info.Env(), types.fd.get());
    options.btf_fd = static_cast<uint32_t>(types.fd.get());
  }
  if (isByteTyped) {
    options.btf_key_type_id = types.key;
    options.btf_value_type_id = types.value;
  }
  useToken(token, &options, &options.map_flags);
  return added(info.Env(),
               bpf_map_create(static_cast<bpf_map_type>(type), name.empty() ? nullptr : name.c_str(), keySize,
                              valueSize, maxEntries, &options));
}

// pidfdOpen(pid, flags): returns a descriptor that the caller closes, or -errno
Napi::Value pidfdOpen(const Napi::CallbackInfo& info) {
  const long fd = syscall(SYS_pidfd_open, int32Of(info[0]), uint32Of(info[1]));
  return status(info.Env(), fd < 0 ? -errno : static_cast<int32_t>(fd));
}

}  // namespace

void exportMapMaking(Napi::Object exports) {
  exportCall<ofObject>(exports, "mapOfObject");
  exportCall<ofPath>(exports, "mapOfPath");
  exportCall<ofId>(exports, "mapOfId");
  exportCall<create>(exports, "mapCreate");
  exportCall<pidfdOpen>(exports, "pidfdOpen");
}

}  // namespace node_libbpf
