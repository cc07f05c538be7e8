#include "map.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <new>

#include "arguments.h"
#include "calls.h"
#include "environment.h"
#include "object.h"

namespace node_libbpf {

namespace {

// As in lib/map-types.ts, which test/unit/map-types.test.ts compares; the system's linux/bpf.h may be older.
constexpr uint32_t kArena = 33;
constexpr uint32_t kLastKnown = 35;

constexpr size_t align8(size_t size) { return (size + 7) & ~size_t{7}; }

// Follows bpf_map_value_size() in kernel/bpf/syscall.c. A type that is not known is treated as per-CPU, so
// that the memory is always large enough.
bool mayBePerCpu(uint32_t type) {
  return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
         type == BPF_MAP_TYPE_LRU_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE ||
         type > kLastKnown;
}

}  // namespace

std::shared_ptr<Map> Map::of(Fd fd, int* error) {
  *error = fd.get() < 0 ? fd.get() : 0;
  if (*error != 0) return nullptr;
  bpf_map_info info = {};
  uint32_t size = sizeof(info);
  *error = bpf_obj_get_info_by_fd(fd.get(), &info, &size);
  if (*error != 0) return nullptr;
  std::shared_ptr<Map> map(new Map());
  map->fd_ = std::move(fd);
  map->type_ = info.type;
  map->keySize_ = info.key_size;
  map->maxEntries_ = info.max_entries;
  map->flags_ = info.map_flags;
  map->kernelValueSize_ = info.value_size;
  map->valueSize_ = info.value_size;
  if (mayBePerCpu(info.type)) {
    const int cpus = libbpf_num_possible_cpus();
    *error = cpus < 1 ? -ENODEV : 0;
    if (*error != 0) return nullptr;
    map->valueSize_ = align8(info.value_size) * static_cast<size_t>(cpus);
  }
  map->cursor_ = 8;
  map->key_ = map->cursor_ + align8(info.key_size < 4 ? 4 : info.key_size);
  map->next_ = map->key_ + align8(info.key_size);
  map->value_ = map->next_ + align8(info.key_size);
  map->scratch_ = Scratch(map->value_ + align8(map->valueSize_));
  return map;
}

Napi::Value Map::scratch(Napi::Env env) {
  const Napi::Value buffer = scratch_.buffer(env);
  return buffer.IsEmpty() ? status(env, -ENOMEM) : buffer;
}

// The kernel requires a null key for maps without keys (queues, stacks, Bloom filters).
void* Map::keyOf(char* base) const { return keySize_ == 0 ? nullptr : base + key_; }

void Map::setCount(uint32_t count) { memcpy(scratch_.data(), &count, sizeof(count)); }

int Map::lookup(uint64_t flags) {
  char* memory = scratch_.data();
  return memory == nullptr ? -EBADF : bpf_map_lookup_elem_flags(fd(), keyOf(memory), memory + value_, flags);
}

int Map::update(uint64_t flags) {
  char* memory = scratch_.data();
  return memory == nullptr ? -EBADF : bpf_map_update_elem(fd(), keyOf(memory), memory + value_, flags);
}

int Map::remove(uint64_t flags) {
  char* memory = scratch_.data();
  return memory == nullptr ? -EBADF : bpf_map_delete_elem_flags(fd(), keyOf(memory), flags);
}

int Map::take(uint64_t flags) {
  char* memory = scratch_.data();
  return memory == nullptr
             ? -EBADF
             : bpf_map_lookup_and_delete_elem_flags(fd(), keyOf(memory), memory + value_, flags);
}

int Map::nextKey(bool first) {
  char* memory = scratch_.data();
  if (memory == nullptr) return -EBADF;
  const int error = bpf_map_get_next_key(fd(), first ? nullptr : memory + key_, memory + next_);
  if (error == 0) memcpy(memory + key_, memory + next_, keySize_);
  return error;
}

int Map::readBatch(bool first, uint32_t count, char* keys, char* values, uint64_t flags) {
  char* memory = scratch_.data();
  if (memory == nullptr) return -EBADF;
  LIBBPF_OPTS(bpf_map_batch_opts, options, .elem_flags = flags);
  const uint32_t wanted = count;
  // If the kernel refuses the call, it leaves the count unchanged.
  const int error = bpf_map_lookup_batch(fd(), first ? nullptr : memory + cursor_, memory + cursor_, keys,
                                         values, &count, &options);
  const bool untouched = error != 0 && error != -ENOENT;
  setCount(untouched || count > wanted ? 0 : count);
  return error;
}

int Map::lookupMany(uint32_t count, const char* keys, char* values, char* found, uint64_t flags) {
  if (scratch_.data() == nullptr) return -EBADF;
  int error = 0;
  uint32_t done = 0;
  for (; done < count; done++) {
    error =
        bpf_map_lookup_elem_flags(fd(), keys + size_t{done} * keySize_, values + done * valueSize_, flags);
    found[done] = error == 0;
    if (error != 0 && error != -ENOENT) break;
    error = 0;
  }
  setCount(done);
  return error;
}

int Map::updateMany(uint32_t count, const char* keys, const char* values, uint64_t flags) {
  if (scratch_.data() == nullptr) return -EBADF;
  uint32_t done = 0;
  // BPF_MAP_UPDATE_BATCH (Linux 5.6) accepts only the flag BPF_F_LOCK, and not every map type supports it.
  if ((flags & ~uint64_t{BPF_F_LOCK}) == 0) {
    LIBBPF_OPTS(bpf_map_batch_opts, options, .elem_flags = flags);
    done = count;
    if (bpf_map_update_batch(fd(), keys, values, &done, &options) == 0) {
      setCount(count);
      return 0;
    }
    // If the kernel refused the call, it left the count unchanged. Otherwise continue after the elements
    // done, to get the errno of the next one.
    if (done >= count) done = 0;
  }
  int error = 0;
  for (; error == 0 && done < count; done++) {
    error = bpf_map_update_elem(fd(), keys + size_t{done} * keySize_, values + done * valueSize_, flags);
    if (error != 0) break;
  }
  setCount(done);
  return error;
}

int Map::removeMany(uint32_t count, const char* keys, char* found) {
  if (scratch_.data() == nullptr) return -EBADF;
  // BPF_MAP_DELETE_BATCH stops at the first missing key and does not tell this from other errors, so it is
  // not used.
  int error = 0;
  uint32_t done = 0;
  for (; done < count; done++) {
    error = bpf_map_delete_elem(fd(), keys + size_t{done} * keySize_);
    found[done] = error == 0;
    if (error != 0 && error != -ENOENT) break;
    error = 0;
  }
  setCount(done);
  return error;
}

SharedMemory& Map::memory(const std::shared_ptr<Object>& object, uint32_t index, int* error) {
  *error = 0;
  if (!memory_.empty()) return memory_;
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t size = type_ == kArena ? maxEntries_ * page : align8(kernelValueSize_) * size_t{maxEntries_};
  // An arena has one address in a process, and libbpf has mapped the object's arenas there at load (since
  // 1.4).
  bpf_map* loaded = object == nullptr || type_ != kArena ? nullptr : object->map(index);
  if (loaded != nullptr) {
    size_t data = 0;
    auto* start = static_cast<char*>(const_cast<void*>(bpf_map__initial_value(loaded, &data)));
    if (start != nullptr) {
      memory_ = SharedMemory(object, start, size);
      return memory_;
    }
  }
  auto mapping = std::make_shared<Mapping>(fd(), size, true);
  if (mapping->data() == nullptr)
    *error = -errno;
  else
    memory_ = SharedMemory(mapping, mapping->data(), size);
  return memory_;
}

void Map::unmap(Napi::Env env) {
  memory_.detach(env);
  memory_ = SharedMemory();
}

namespace {

Map* mapOf(const Napi::CallbackInfo& info) { return Environment::of(info.Env()).maps.find(int32Of(info[0])); }

template <class Operation>
Napi::Value with(const Napi::CallbackInfo& info, Operation operation) {
  Map* map = mapOf(info);
  return status(info.Env(), map == nullptr ? -EBADF : operation(*map));
}

// mapClose(map): returns 0 or -EBADF
Napi::Value close(const Napi::CallbackInfo& info) {
  return status(info.Env(), Environment::of(info.Env()).maps.remove(int32Of(info[0])) ? 0 : -EBADF);
}

// mapFd(map): returns the fd, or -errno
Napi::Value fd(const Napi::CallbackInfo& info) {
  return with(info, [](Map& map) { return map.fd(); });
}

// mapScratch(map): returns the ArrayBuffer for single elements, or -errno
Napi::Value scratch(const Napi::CallbackInfo& info) {
  Map* map = mapOf(info);
  return map == nullptr ? status(info.Env(), -EBADF) : map->scratch(info.Env());
}

// mapLookup(map, flags), mapUpdate(map, flags), mapDelete(map, flags), mapTake(map, flags): return 0 or
// -errno. They use plain Node-API: they are called a million times a second, and node-addon-api's
// CallbackInfo takes as long as the rest of the call. An argument that is not a number is 0, as in
// arguments.h.
template <int (Map::*kOperation)(uint64_t)>
napi_value element(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2];
  void* environment = nullptr;
  napi_get_cb_info(env, info, &count, arguments, nullptr, &environment);
  int32_t handle = 0;
  uint32_t flags = 0;
  napi_get_value_int32(env, arguments[0], &handle);
  napi_get_value_uint32(env, arguments[1], &flags);
  Map* map = static_cast<Environment*>(environment)->maps.find(handle);
  napi_value result = nullptr;
  napi_create_int32(env, map == nullptr ? -EBADF : (map->*kOperation)(flags), &result);
  return result;
}

template <int (Map::*kOperation)(uint64_t)>
void exportElement(Napi::Object exports, const char* name) {
  const Napi::Env env = exports.Env();
  napi_value function = nullptr;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, element<kOperation>, &Environment::of(env), &function);
  exports[name] = function;
}

// mapNextKey(map, first): returns 0 or -errno
Napi::Value nextKey(const Napi::CallbackInfo& info) {
  return with(info, [&](Map& map) { return map.nextKey(info[1].ToBoolean()); });
}

// Returns the bytes of a Uint8Array if it has at least `size`, otherwise null.
char* bytesAt(const Napi::Value& value, size_t size) {
  static char nothing;
  if (size == 0) return &nothing;
  const Memory memory = memoryOf(value);
  return memory.size >= size ? memory.data : nullptr;
}

// Packed memory for `count` elements, from the arguments (map, count, keys, values, found).
struct Packed {
  Map* map = nullptr;
  uint32_t count = 0;
  char* keys = nullptr;
  char* values = nullptr;
  char* found = nullptr;
};

// A null map means -EBADF; another null member is too small or not a Uint8Array.
Packed packed(const Napi::CallbackInfo& info) {
  Packed result;
  result.map = mapOf(info);
  if (result.map == nullptr) return result;
  result.count = uint32Of(info[1]);
  result.keys = bytesAt(info[2], size_t{result.count} * result.map->keySize());
  result.values = bytesAt(info[3], result.count * result.map->valueSize());
  result.found = bytesAt(info[4], result.count);
  return result;
}

// mapReadBatch(map, count, keys, values, first, flags): returns 0, -ENOENT at the end, or -errno
Napi::Value readBatch(const Napi::CallbackInfo& info) {
  const Packed to = packed(info);
  if (to.map == nullptr) return status(info.Env(), -EBADF);
  if (to.keys == nullptr || to.values == nullptr) return status(info.Env(), -ERANGE);
  return status(info.Env(),
                to.map->readBatch(info[4].ToBoolean(), to.count, to.keys, to.values, uint32Of(info[5])));
}

// mapLookupMany(map, count, keys, values, found, flags): returns 0 or -errno
Napi::Value lookupMany(const Napi::CallbackInfo& info) {
  const Packed many = packed(info);
  if (many.map == nullptr) return status(info.Env(), -EBADF);
  if (many.keys == nullptr || many.values == nullptr || many.found == nullptr)
    return status(info.Env(), -ERANGE);
  return status(info.Env(),
                many.map->lookupMany(many.count, many.keys, many.values, many.found, uint32Of(info[5])));
}

// mapUpdateMany(map, count, keys, values, flags): returns 0 or -errno
Napi::Value updateMany(const Napi::CallbackInfo& info) {
  const Packed many = packed(info);
  if (many.map == nullptr) return status(info.Env(), -EBADF);
  if (many.keys == nullptr || many.values == nullptr) return status(info.Env(), -ERANGE);
  return status(info.Env(), many.map->updateMany(many.count, many.keys, many.values, uint32Of(info[4])));
}

// mapDeleteMany(map, count, keys, found): returns 0 or -errno
Napi::Value removeMany(const Napi::CallbackInfo& info) {
  Map* map = mapOf(info);
  if (map == nullptr) return status(info.Env(), -EBADF);
  const uint32_t count = uint32Of(info[1]);
  char* keys = bytesAt(info[2], size_t{count} * map->keySize());
  char* found = bytesAt(info[3], count);
  if (keys == nullptr || found == nullptr) return status(info.Env(), -ERANGE);
  return status(info.Env(), map->removeMany(count, keys, found));
}

// mapInfo(map, info: Uint8Array): returns the number of bytes of struct bpf_map_info that the kernel filled,
// or -errno
Napi::Value mapInfo(const Napi::CallbackInfo& info) {
  Map* map = mapOf(info);
  if (map == nullptr) return status(info.Env(), -EBADF);
  bpf_map_info kernel = {};
  uint32_t size = sizeof(kernel);
  const int error = bpf_obj_get_info_by_fd(map->fd(), &kernel, &size);
  if (error != 0) return status(info.Env(), error);
  char* bytes = bytesAt(info[1], size);
  if (bytes == nullptr) return status(info.Env(), -ERANGE);
  memcpy(bytes, &kernel, size);
  return status(info.Env(), static_cast<int32_t>(size));
}

// mapFreeze(map), mapPin(map, path): return 0 or -errno
Napi::Value freeze(const Napi::CallbackInfo& info) {
  return with(info, [](Map& map) { return bpf_map_freeze(map.fd()); });
}

Napi::Value pin(const Napi::CallbackInfo& info) {
  return with(info, [&](Map& map) { return bpf_obj_pin(map.fd(), stringOf(info[1]).c_str()); });
}

// mapMemory(map, object, index): returns the map's memory as an ArrayBuffer, or -errno; object and index are
// the map's origin
Napi::Value memory(const Napi::CallbackInfo& info) {
  Map* map = mapOf(info);
  if (map == nullptr) return status(info.Env(), -EBADF);
  int error = 0;
  SharedMemory& shared =
      map->memory(Environment::of(info.Env()).objects.share(int32Of(info[1])), uint32Of(info[2]), &error);
  if (error != 0) return status(info.Env(), error);
  const Napi::Value buffer = shared.buffer(info.Env());
  return buffer.IsEmpty() ? status(info.Env(), -EOPNOTSUPP) : buffer;
}

// mapUnmap(map): detaches the memory, so that views over it become empty
Napi::Value unmap(const Napi::CallbackInfo& info) {
  return with(info, [&](Map& map) {
    map.unmap(info.Env());
    return 0;
  });
}

}  // namespace

void exportMap(Napi::Object exports) {
  exportCall<close>(exports, "mapClose");
  exportCall<fd>(exports, "mapFd");
  exportCall<scratch>(exports, "mapScratch");
  exportElement<&Map::lookup>(exports, "mapLookup");
  exportElement<&Map::update>(exports, "mapUpdate");
  exportElement<&Map::remove>(exports, "mapDelete");
  exportElement<&Map::take>(exports, "mapTake");
  exportCall<nextKey>(exports, "mapNextKey");
  exportCall<readBatch>(exports, "mapReadBatch");
  exportCall<lookupMany>(exports, "mapLookupMany");
  exportCall<updateMany>(exports, "mapUpdateMany");
  exportCall<removeMany>(exports, "mapDeleteMany");
  exportCall<mapInfo>(exports, "mapInfo");
  exportCall<freeze>(exports, "mapFreeze");
  exportCall<pin>(exports, "mapPin");
  exportCall<memory>(exports, "mapMemory");
  exportCall<unmap>(exports, "mapUnmap");
}

}  // namespace node_libbpf
