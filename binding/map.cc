#include "map.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cerrno>
#include <cstring>

#include "arguments.h"
#include "environment.h"

namespace node_libbpf {

namespace {

constexpr size_t align8(size_t size) { return (size + 7) & ~size_t{7}; }

bool isPerCpu(uint32_t type) {
  return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
         type == BPF_MAP_TYPE_LRU_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
}

}  // namespace

size_t Map::scratchSize(uint32_t keySize, size_t valueSize) {
  return 2 * align8(keySize) + align8(valueSize);
}

size_t Map::userValueSize(uint32_t type, uint32_t valueSize) {
  if (!isPerCpu(type)) return valueSize;
  const int cpus = libbpf_num_possible_cpus();
  return cpus < 1 ? 0 : align8(valueSize) * static_cast<size_t>(cpus);
}

Map::Map(std::shared_ptr<Object> object, int fd, uint32_t keySize, Napi::ArrayBuffer scratch)
    : object_(std::move(object)),
      fd_(fd),
      keySize_(keySize),
      key_(static_cast<char*>(scratch.Data())),
      next_(key_ + align8(keySize)),
      value_(next_ + align8(keySize)),
      scratch_(Napi::Reference<Napi::ArrayBuffer>::New(scratch, 1)) {}

int Map::lookup(uint64_t flags) const { return bpf_map_lookup_elem_flags(fd_, key_, value_, flags); }

int Map::update(uint64_t flags) const { return bpf_map_update_elem(fd_, key_, value_, flags); }

int Map::remove() const { return bpf_map_delete_elem(fd_, key_); }

int Map::nextKey(bool first) const {
  const int error = bpf_map_get_next_key(fd_, first ? nullptr : key_, next_);
  if (error == 0) memcpy(key_, next_, keySize_);
  return error;
}

namespace {

struct Sizes {
  std::shared_ptr<Object> object;
  int fd = -EBADF;
  uint32_t key = 0;
  size_t value = 0;
};

// The map (object, index) as the kernel has it; fd is -errno where there is none.
Sizes sizesOf(const Napi::CallbackInfo& info) {
  Sizes sizes;
  sizes.object = Environment::of(info.Env()).objects.share(int32Of(info[0]));
  const bpf_map* map = sizes.object == nullptr ? nullptr : sizes.object->map(uint32Of(info[1]));
  if (map == nullptr) return sizes;
  sizes.fd = bpf_map__fd(map) < 0 ? -ENOENT : bpf_map__fd(map);
  sizes.key = bpf_map__key_size(map);
  sizes.value = Map::userValueSize(bpf_map__type(map), bpf_map__value_size(map));
  return sizes;
}

// mapScratchSize(object, index): bytes that mapOpen() needs, or -errno
Napi::Value scratchSize(const Napi::CallbackInfo& info) {
  const Sizes sizes = sizesOf(info);
  if (sizes.fd < 0) return status(info.Env(), sizes.fd);
  return Napi::Number::New(info.Env(), static_cast<double>(Map::scratchSize(sizes.key, sizes.value)));
}

// mapOpen(object, index, scratch: ArrayBuffer): the map's handle, or -errno
Napi::Value open(const Napi::CallbackInfo& info) {
  const Sizes sizes = sizesOf(info);
  if (sizes.fd < 0) return status(info.Env(), sizes.fd);
  if (!info[2].IsArrayBuffer()) return status(info.Env(), -EINVAL);
  auto scratch = info[2].As<Napi::ArrayBuffer>();
  if (scratch.ByteLength() < Map::scratchSize(sizes.key, sizes.value)) return status(info.Env(), -EINVAL);
  return status(info.Env(), Environment::of(info.Env())
                                .maps.add(std::make_shared<Map>(sizes.object, sizes.fd, sizes.key, scratch)));
}

// mapClose(map): 0 or -EBADF
Napi::Value close(const Napi::CallbackInfo& info) {
  return status(info.Env(), Environment::of(info.Env()).maps.remove(int32Of(info[0])) ? 0 : -EBADF);
}

// mapFd(object, index): the fd, or -errno
Napi::Value fd(const Napi::CallbackInfo& info) { return status(info.Env(), sizesOf(info).fd); }

const Map* mapOf(const Napi::CallbackInfo& info) {
  return Environment::of(info.Env()).maps.find(int32Of(info[0]));
}

// mapLookup(map, flags), mapUpdate(map, flags), mapDelete(map), mapNextKey(map, first): 0 or -errno
Napi::Value lookup(const Napi::CallbackInfo& info) {
  const Map* map = mapOf(info);
  return status(info.Env(), map == nullptr ? -EBADF : map->lookup(uint32Of(info[1])));
}

Napi::Value update(const Napi::CallbackInfo& info) {
  const Map* map = mapOf(info);
  return status(info.Env(), map == nullptr ? -EBADF : map->update(uint32Of(info[1])));
}

Napi::Value remove(const Napi::CallbackInfo& info) {
  const Map* map = mapOf(info);
  return status(info.Env(), map == nullptr ? -EBADF : map->remove());
}

Napi::Value nextKey(const Napi::CallbackInfo& info) {
  const Map* map = mapOf(info);
  return status(info.Env(), map == nullptr ? -EBADF : map->nextKey(info[1].ToBoolean()));
}

}  // namespace

void exportMap(Napi::Env env, Napi::Object exports) {
  exports["mapScratchSize"] = Napi::Function::New<scratchSize>(env, "mapScratchSize");
  exports["mapOpen"] = Napi::Function::New<open>(env, "mapOpen");
  exports["mapClose"] = Napi::Function::New<close>(env, "mapClose");
  exports["mapFd"] = Napi::Function::New<fd>(env, "mapFd");
  exports["mapLookup"] = Napi::Function::New<lookup>(env, "mapLookup");
  exports["mapUpdate"] = Napi::Function::New<update>(env, "mapUpdate");
  exports["mapDelete"] = Napi::Function::New<remove>(env, "mapDelete");
  exports["mapNextKey"] = Napi::Function::New<nextKey>(env, "mapNextKey");
}

}  // namespace node_libbpf
