#include "object.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "arguments.h"
#include "calls.h"
#include "environment.h"
#include "fd.h"
#include "features.h"
#include "fields.h"
#include "guarded.h"
#include "outcome.h"
#include "unprofiled.h"

namespace node_libbpf {

Object::Object(Pointer object, bool verbose) : object_(std::move(object)), verbose_(verbose) {
  bpf_program* program;
  bpf_object__for_each_program(program, object_.get()) programs_.push_back(program);
  bpf_map* map;
  bpf_object__for_each_map(map, object_.get()) maps_.push_back(map);
  mappings_.resize(maps_.size());
}

const Mapping& Object::memory(uint32_t index, int* error) {
  Mapping& mapping = mappings_[index];
  const bpf_map* map = maps_[index];
  *error = 0;
  if (mapping.data() != nullptr) return mapping;
  // Since libbpf 1.4 a map that was not created (autocreate is off, or libbpf found that this kernel does not
  // support it) has an empty file as a placeholder. mmap() of it succeeds, but accesses raise SIGBUS.
  // bpf_obj_get_info_by_fd() fails with EINVAL for it.
  bpf_map_info info = {};
  uint32_t size = sizeof(info);
  *error = bpf_map__autocreate(map) ? bpf_obj_get_info_by_fd(bpf_map__fd(map), &info, &size) : -ENOENT;
  if (*error == -EBADF || *error == -EINVAL) *error = -ENOENT;
  if (*error == 0 && (info.map_flags & BPF_F_MMAPABLE) == 0) *error = -ERANGE;
  if (*error < 0) return mapping;
  mapping = Mapping(bpf_map__fd(map), info.value_size, (info.map_flags & BPF_F_RDONLY_PROG) == 0);
  if (mapping.data() == nullptr) *error = -errno;
  return mapping;
}

Mapping::Mapping(int fd, size_t size, bool writable) : size_(size) {
  const int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
  void* memory = mmap(nullptr, size, protection, MAP_SHARED, fd, 0);
  if (memory != MAP_FAILED) data_ = static_cast<char*>(memory);
}

Mapping::~Mapping() {
  if (data_ != nullptr) munmap(data_, size_);
}

Mapping::Mapping(Mapping&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

namespace {

const char* orNull(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

Object::Pointer open(const OpenRequest& request) {
  LIBBPF_OPTS(bpf_object_open_opts, options);
  options.object_name = orNull(request.name);
  options.pin_root_path = orNull(request.pinRoot);
  options.kconfig = orNull(request.kconfig);
  options.btf_custom_path = orNull(request.btfPath);
#if LIBBPF_MAJOR_VERSION > 1 || LIBBPF_MINOR_VERSION >= 4
  if (request.token) options.bpf_token_path = request.token->c_str();
#endif
  return Object::Pointer(bpf_object__open_mem(request.bytes.data, request.bytes.size, &options));
}

int configure(bpf_program* program, const ProgramRequest& request) {
  const auto type = static_cast<bpf_prog_type>(request.type);
  // bpf_program__set_type() to another type and back removes the section's handler. The handler would OR
  // BPF_F_SLEEPABLE onto the flags at load (libbpf.c, libbpf_prepare_prog_load), and bpf_program__set_flags()
  // can't clear it.
  if (request.dropSection) {
    // Before libbpf 1.2 the handler stays, and libbpf would load the program with the flag.
    if (libbpf_major_version() == 1 && libbpf_minor_version() < 2) return -EOPNOTSUPP;
    bpf_program__set_type(program, BPF_PROG_TYPE_UNSPEC);
  }
  int error = bpf_program__set_type(program, type);
  if (error == 0) {
    error = bpf_program__set_expected_attach_type(program, static_cast<bpf_attach_type>(request.attachType));
  }
  if (error == 0) error = bpf_program__set_flags(program, request.flags);
  if (error == 0) error = bpf_program__set_autoload(program, request.autoload);
  if (error == 0 && request.autoload && !request.target.empty()) {
    const int fd = request.targetProgram == nullptr ? 0 : request.targetProgram->get();
    error = bpf_program__set_attach_target(program, fd, request.target.c_str());
  }
  return error;
}

int resize(bpf_map* map, uint32_t valueSize) {
  // Before libbpf 1.3 the memory of a variables section keeps its size, and the load would read past its end.
  const bool resizes = libbpf_major_version() > 1 || libbpf_minor_version() >= 3;
  if (bpf_map__is_internal(map) && !resizes) return -EOPNOTSUPP;
  return bpf_map__set_value_size(map, valueSize);
}

// Sets the inner map's definition. libbpf's setters can't change the declared inner map: they dereference its
// object, which is null.
int configureInner(bpf_map* map, const InnerRequest& inner, std::vector<Fd>& templates) {
  LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = inner.flags);
  const int fd = bpf_map_create(static_cast<bpf_map_type>(inner.type), nullptr, inner.keySize,
                                inner.valueSize, inner.maxEntries, &options);
  if (fd < 0) return -errno;
  templates.emplace_back(fd);
  return bpf_map__set_inner_map_fd(map, fd);
}

// libbpf loads every program that a struct_ops map refers to, whatever its autoload is (libbpf.c,
// bpf_object_adjust_struct_ops_autoload()). Before the load the map's memory has pointers to its programs,
// and since 1.4 libbpf reads them at load.
int dropMember(bpf_map* map, uint32_t offset) {
  if (bpf_map__type(map) != BPF_MAP_TYPE_STRUCT_OPS) return -EINVAL;
  size_t size = 0;
  // Before libbpf 1.3 the result is const, and null for struct_ops maps.
  void* memory = const_cast<void*>(static_cast<const void*>(bpf_map__initial_value(map, &size)));
  if (memory == nullptr) return -EOPNOTSUPP;
  if (size < sizeof(void*) || offset > size - sizeof(void*)) return -EINVAL;
  memset(static_cast<char*>(memory) + offset, 0, sizeof(void*));
  return 0;
}

// Only `program` may use the map (Linux 6.18).
int makeExclusive(bpf_map* map, bpf_program* program) {
#if LIBBPF_MAJOR_VERSION > 1 || LIBBPF_MINOR_VERSION >= 7
  return program == nullptr ? -EINVAL : bpf_map__set_exclusive_program(map, program);
#else
  static_cast<void>(map);
  return program == nullptr ? -EINVAL : -EOPNOTSUPP;
#endif
}

// The setters of libbpf refuse a map that is reused.
int reuse(bpf_map* map, const Fd& fd) {
  if (fd.get() < 0) return -EBADF;
  const int error = bpf_map__set_autocreate(map, true);
  return error == 0 ? bpf_map__reuse_fd(map, fd.get()) : error;
}

int configure(bpf_map* map, const MapRequest& request, std::vector<Fd>& templates) {
  if (request.reuse != nullptr) return reuse(map, *request.reuse);
  int error = bpf_map__set_autocreate(map, request.autocreate);
  if (error == 0 && request.numaNode != bpf_map__numa_node(map))
    error = bpf_map__set_numa_node(map, request.numaNode);
  if (error == 0 && request.mapExtra != bpf_map__map_extra(map))
    error = bpf_map__set_map_extra(map, request.mapExtra);
  if (error == 0 && request.inner) error = configureInner(map, *request.inner, templates);
  if (error == 0 && request.maxEntries != bpf_map__max_entries(map)) {
    error = bpf_map__set_max_entries(map, request.maxEntries);
  }
  if (error == 0 && request.flags != bpf_map__map_flags(map))
    error = bpf_map__set_map_flags(map, request.flags);
  if (error == 0 && request.valueSize != bpf_map__value_size(map)) error = resize(map, request.valueSize);
  const char* pinPath = bpf_map__pin_path(map);
  if (error == 0 && request.pinPath != (pinPath == nullptr ? "" : pinPath)) {
    error = bpf_map__set_pin_path(map, orNull(request.pinPath));
  }
  if (error == 0 && !request.initial.empty()) {
    error = bpf_map__set_initial_value(map, request.initial.data(), request.initial.size());
  }
  return error;
}

struct Loaded {
  Outcome outcome;
  std::shared_ptr<Object> object;
};

Loaded loadOrThrow(const LoadRequest& request) {
  Loaded result;
  Outcome& outcome = result.outcome;
  const auto log = std::make_shared<VerifierLog>();
  LogScope scope(request.open.verbose);
  const auto fail = [&](const char* stage, int error) {
    outcome.stage = stage;
    outcome.status = error;
    outcome.messages = scope.take();
    outcome.log = log;
    return result;
  };

  Object::Pointer opened = open(request.open);
  if (opened == nullptr) return fail("open", -errno);
  auto object = std::make_shared<Object>(std::move(opened), request.open.verbose);
  for (const ProgramRequest& program : request.programs) {
    bpf_program* target = object->program(program.index);
    if (target == nullptr) return fail("configure", -EINVAL);
    outcome.program = static_cast<int32_t>(program.index);
    const int error = configure(target, program);
    if (error != 0) return fail("target", error);
    if (program.logLevel != 0) outcome.logs.emplace_back(program.index, std::make_shared<VerifierLog>());
    const VerifierLog& own = program.logLevel == 0 ? *log : *outcome.logs.back().second;
    if (own.data() != nullptr) bpf_program__set_log_buf(target, own.data(), own.size());
    bpf_program__set_log_level(target, program.logLevel);
  }
  outcome.program = -1;
  std::vector<Fd> templates;  // must stay open until the maps are created
  for (const MapRequest& map : request.maps) {
    bpf_map* target = object->map(map.index);
    if (target == nullptr) return fail("configure", -EINVAL);
    const int error = configure(target, map, templates);
    if (error != 0) return fail("configure", error);
    if (map.exclusiveProgram >= 0) {
      const int error = makeExclusive(target, object->program(static_cast<uint32_t>(map.exclusiveProgram)));
      if (error != 0) return fail("exclusive", error);
    }
    for (const uint32_t offset : map.without) {
      const int error = dropMember(target, offset);
      if (error != 0) return fail("members", error);
    }
  }
  const FeatureQuestions features;
  const Unprofiled quiet;
  const int error = bpf_object__load(object->get());
  // A feature probe failed, so libbpf may have loaded the object in a degraded form, or not at all.
  if (features.error() != 0) return fail("features", features.error());
  if (error != 0) return fail("load", error);
  outcome.messages = scope.take();
  result.object = std::move(object);
  return result;
}

Loaded load(const LoadRequest& request) {
  const auto failed = [] {
    Loaded result;
    result.outcome = Outcome::noMemory();
    result.outcome.stage = "load";
    return result;
  };
  return guarded([&] { return loadOrThrow(request); }, failed);
}

std::optional<std::string> tokenPath(const Field& field) {
  const std::string path = field;
  return field.isUndefined() ? std::nullopt : std::make_optional(path);
}

OpenRequest openRequest(const Request& from) {
  return {
      .bytes = from["bytes"],
      .name = from["name"],
      .pinRoot = from.optional("pinRoot"),
      .kconfig = from.optional("kconfig"),
      .btfPath = from.optional("btfPath"),
      .token = tokenPath(from.optional("token")),
      .verbose = from["verbose"],
  };
}

// A descriptor of its own: the load runs on another thread, while this one may close the map or the
// program.
std::shared_ptr<const Fd> copyOfFd(int32_t fd) {
  return fd <= 0 ? nullptr : std::make_shared<const Fd>(fcntl(fd, F_DUPFD_CLOEXEC, 3));
}

ProgramRequest programRequest(const Request& from) {
  return {
      .index = from["index"],
      .type = from["type"],
      .attachType = from["attachType"],
      .flags = from["flags"],
      .dropSection = from["dropSection"],
      .autoload = from["autoload"],
      .target = from.optional("target"),
      .targetProgram = copyOfFd(from["targetFd"]),
      .logLevel = from["logLevel"],
  };
}

std::optional<InnerRequest> innerRequest(const Field& field) {
  if (field.isUndefined()) return std::nullopt;
  const Request from = field;
  return InnerRequest{
      .type = from["type"],
      .keySize = from["keySize"],
      .valueSize = from["valueSize"],
      .maxEntries = from["maxEntries"],
      .flags = from["flags"],
  };
}

MapRequest mapRequest(const Request& from) {
  return {
      .index = from["index"],
      .valueSize = from["valueSize"],
      .maxEntries = from["maxEntries"],
      .flags = from["flags"],
      .numaNode = from["numaNode"],
      .mapExtra = from["mapExtra"],
      .autocreate = from["autocreate"],
      .inner = innerRequest(from.optional("inner")),
      .pinPath = from.optional("pinPath"),
      .initial = copyOf(from.optional("initial")),
      .without = from["without"],
      .reuse = copyOfFd(from["reuse"]),
      .exclusiveProgram = from["exclusiveProgram"],
  };
}

LoadRequest loadRequest(const Request& from) {
  return {
      .open = openRequest(from),
      .programs = from["programs"].each(programRequest),
      .maps = from["maps"].each(mapRequest),
  };
}

// --- description ---

Reply describeProgram(Napi::Env env, const bpf_program* program) {
  return Reply(env)
      .set("name", bpf_program__name(program))
      .set("section", bpf_program__section_name(program))
      .set("type", static_cast<uint32_t>(bpf_program__type(program)))
      .set("attachType", static_cast<uint32_t>(bpf_program__expected_attach_type(program)))
      .set("flags", bpf_program__flags(program))
      .set("autoload", bpf_program__autoload(program))
      .set("autoattach", bpf_program__autoattach(program));
}

Reply describeMap(Napi::Env env, const bpf_map* map) {
  Reply result(env);
  result.set("name", bpf_map__name(map))
      .set("type", static_cast<uint32_t>(bpf_map__type(map)))
      .set("keySize", bpf_map__key_size(map))
      .set("valueSize", bpf_map__value_size(map))
      .set("maxEntries", bpf_map__max_entries(map))
      .set("flags", bpf_map__map_flags(map))
      .set("numaNode", bpf_map__numa_node(map))
      .set("autocreate", bpf_map__autocreate(map))
      .set("internal", bpf_map__is_internal(map))
      .set("pinPath", bpf_map__pin_path(map))
      .set("mapExtra", uint64_t{bpf_map__map_extra(map)})
      .set("keyTypeId", bpf_map__btf_key_type_id(map))
      .set("valueTypeId", bpf_map__btf_value_type_id(map));
  // libbpf's signature lacks const. Returns null for other map types, and after the load.
  const bpf_map* inner = bpf_map__inner_map(const_cast<bpf_map*>(map));
  if (inner != nullptr) result.set("inner", describeMap(env, inner));
  return result;
}

// Adds the compiled contents of a map of variables. Skips .bss, which is all zeroes: a file can declare a
// huge one in a few bytes.
void addInitial(Reply* description, const btf* types, const bpf_map* map) {
  // For a map in .maps whose declared type is struct_ops, libbpf would dereference a null pointer.
  if (!bpf_map__is_internal(map)) return;
  // The map's name is the truncated name of the object; the type's name is the name of the section.
  const btf_type* section =
      types == nullptr ? nullptr : btf__type_by_id(types, bpf_map__btf_value_type_id(map));
  const char* name = section == nullptr ? nullptr : btf__name_by_offset(types, section->name_off);
  // A section without a type has no variables, and may be .bss. libbpf fills .kconfig at load.
  if (name == nullptr || strncmp(name, ".bss", 4) == 0 || strcmp(name, ".kconfig") == 0) return;
  size_t size = 0;
  // The signature of libbpf 1.1 lacks const.
  const void* initial = bpf_map__initial_value(const_cast<bpf_map*>(map), &size);
  if (initial == nullptr) return;
  description->set("initial", Memory{static_cast<char*>(const_cast<void*>(initial)), size});
}

std::vector<Reply> describeVariables(Napi::Env env, const btf* types) {
  std::vector<Reply> result;
  const uint32_t count = types == nullptr ? 0 : btf__type_cnt(types);
  for (uint32_t id = 1; id < count; id++) {
    const btf_type* section = btf__type_by_id(types, id);
    if (!btf_is_datasec(section)) continue;
    const btf_var_secinfo* infos = btf_var_secinfos(section);
    const bool isKconfig = strcmp(btf__name_by_offset(types, section->name_off), ".kconfig") == 0;
    for (uint32_t i = 0; i < btf_vlen(section); i++) {
      const btf_type* variable = btf__type_by_id(types, infos[i].type);
      if (variable == nullptr || !btf_is_var(variable)) continue;
      // Of a __kconfig variable libbpf believes the type alone (bpf_object__collect_externs()).
      const int64_t size = isKconfig ? btf__resolve_size(types, variable->type) : infos[i].size;
      result.push_back(Reply(env)
                           .set("name", btf__name_by_offset(types, variable->name_off))
                           .set("section", btf__name_by_offset(types, section->name_off))
                           .set("sectionId", id)
                           .set("offset", infos[i].offset)
                           .set("size", static_cast<uint32_t>(size < 0 ? 0 : size))
                           .set("typeId", variable->type));
    }
  }
  return result;
}

// describe(OpenRequest): returns Outcome & { programs, maps, variables, hasBtf }. Makes no bpf(2) call.
Napi::Value describe(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const OpenRequest request = openRequest(Request(info[0]));
  Object::Pointer opened;
  const Outcome outcome = observe(request.verbose, [&] {
    opened = open(request);
    return opened == nullptr ? -errno : 0;
  });
  if (outcome.status < 0) return outcome.toJs(env);
  const Object object(std::move(opened), request.verbose);
  const btf* types = bpf_object__btf(object.get());
  std::vector<Reply> programs;
  for (const bpf_program* program : object.programs()) programs.push_back(describeProgram(env, program));
  std::vector<Reply> maps;
  for (const bpf_map* map : object.maps()) {
    maps.push_back(describeMap(env, map));
    addInitial(&maps.back(), types, map);
  }
  return Reply(outcome.toJs(env))
      .set("programs", programs)
      .set("maps", maps)
      .set("variables", describeVariables(env, types))
      // libbpf continues without BTF that it can't read, unless maps need it.
      .set("hasBtf", types != nullptr);
}

// --- loading ---

Napi::Value loadedToJs(Napi::Env env, Loaded& loaded) {
  if (loaded.object != nullptr) {
    loaded.outcome.status = Environment::of(env).objects.add(std::move(loaded.object));
  }
  return loaded.outcome.toJs(env);
}

// load(LoadRequest): returns an Outcome whose status is the object's handle.
Napi::Value loadSync(const Napi::CallbackInfo& info) {
  Loaded loaded = load(loadRequest(Request(info[0])));
  return loadedToJs(info.Env(), loaded);
}

Napi::Value loadAsync(const Napi::CallbackInfo& info) {
  auto request = std::make_shared<LoadRequest>(loadRequest(Request(info[0])));
  auto loaded = std::make_shared<Loaded>();
  // The other thread reads the bytes in place, so keep the array alive.
  auto owner = std::make_shared<Napi::ObjectReference>(
      Napi::Persistent(info[0].As<Napi::Object>().Get("bytes").As<Napi::Object>()));
  return runAsync(
      info.Env(), [=] { *loaded = load(*request); },
      [owner, loaded](Napi::Env env) { return loadedToJs(env, *loaded); });
}

// objectClose(handle): returns 0 or -EBADF; also for a program that was opened alone
Napi::Value close(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  const int32_t handle = int32Of(info[0]);
  const bool found =
      environment.objects.remove(handle) != nullptr || environment.programs.remove(handle) != nullptr;
  return status(info.Env(), found ? 0 : -EBADF);
}

// objectMap(object, index): returns the map's properties after the load (the kernel rounds up a ring buffer's
// max_entries, a pinned map may be reused), or -errno
Napi::Value mapAsLoaded(const Napi::CallbackInfo& info) {
  const Object* object = Environment::of(info.Env()).objects.find(int32Of(info[0]));
  const bpf_map* map = object == nullptr ? nullptr : object->map(uint32Of(info[1]));
  if (map == nullptr) return Napi::Number::New(info.Env(), -EBADF);
  // Since libbpf 1.4 a map with autocreate off has a placeholder file.
  if (!bpf_map__autocreate(map) || bpf_map__fd(map) < 0) return Napi::Number::New(info.Env(), -ENOENT);
  return describeMap(info.Env(), map);
}

// --- memory of .data, .bss and .rodata ---

struct Window {
  char* memory;
  int status;
};

// The part of a mapped data section that a call may access, from the arguments (object, map, offset, bytes).
Window window(const Napi::CallbackInfo& info, size_t length, bool write) {
  Object* object = Environment::of(info.Env()).objects.find(int32Of(info[0]));
  const uint32_t index = uint32Of(info[1]);
  const bpf_map* map = object == nullptr ? nullptr : object->map(index);
  if (map == nullptr) return {nullptr, -EBADF};
  // The mapping is read-only: a write would raise SIGSEGV.
  if (write && (bpf_map__map_flags(map) & BPF_F_RDONLY_PROG)) return {nullptr, -EROFS};
  int error = 0;
  const Mapping& memory = object->memory(index, &error);
  if (error < 0) return {nullptr, error};
  const size_t offset = uint32Of(info[2]);
  if (offset > memory.size() || length > memory.size() - offset) return {nullptr, -ERANGE};
  return {memory.data() + offset, 0};
}

// memoryRead(object, map, offset, target: Uint8Array): returns 0 or -errno
Napi::Value memoryRead(const Napi::CallbackInfo& info) {
  const Memory target = memoryOf(info[3]);
  const Window from = window(info, target.size, false);
  if (from.status == 0) std::copy_n(from.memory, target.size, target.data);
  return status(info.Env(), from.status);
}

// memoryWrite(object, map, offset, source: Uint8Array): returns 0 or -errno; -EROFS for constants
Napi::Value memoryWrite(const Napi::CallbackInfo& info) {
  const Memory source = memoryOf(info[3]);
  const Window to = window(info, source.size, true);
  if (to.status == 0) std::copy_n(source.data, source.size, to.memory);
  return status(info.Env(), to.status);
}

}  // namespace

void exportObject(Napi::Object exports) {
  exportStory<describe>(exports, "describe");
  exportStory<loadAsync>(exports, "load");
  exportStory<loadSync>(exports, "loadSync");
  exportCall<close>(exports, "objectClose");
  exportCall<mapAsLoaded>(exports, "objectMap");
  exportCall<memoryRead>(exports, "memoryRead");
  exportCall<memoryWrite>(exports, "memoryWrite");
}

}  // namespace node_libbpf
