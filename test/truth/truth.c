/*
 * Asks the running kernel, with plain system calls, which programs, attachments and maps it accepts. It uses neither
 * libbpf nor the addon, so that their knowledge can be compared with its answers.
 *
 * Each line of standard input is a query, six words separated by blanks:
 *   PROG_TYPE EXPECTED_ATTACH_TYPE PROG_FLAGS ATTACH_BTF_ID HOW ARGUMENT
 *   HOW: load            loads a program that does nothing
 *        helper          loads one that calls the helper with a number; a trailing ! means without a licence
 *        kfunc           ... that calls the kernel function with a BTF id
 *        map             loads one that refers to a new map; the argument is
 *                        TYPE:FLAGS:KEY_SIZE:VALUE_SIZE:ENTRIES:BTF, where a BTF of 1 says that key and value are an int
 *        iter            ... and attaches it; the argument is the target's name
 *        tp_btf          ... and attaches it
 *        raw_tp          ... ; the argument is the tracepoint
 *        tracepoint      ... ; the argument is the event's id
 *        kprobe          ... ; the argument is the function, as it is for kprobe.multi
 *        uprobe          ... to a function of this program itself, as does uprobe.multi
 * The answer is a line of standard output: the last step (map, load, attach), its errno or 0, and the last line of the
 * verifier's log, separated by tabs. Nothing stays loaded or attached.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/perf_event.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

struct query {
  unsigned type, attach_type, flags, btf_id;
  char how[16];
  char argument[256];
};

static char verifier_log[1 << 16];

/* A file descriptor, 0, or -errno. */
static int result(long returned) { return returned < 0 ? -errno : (int)returned; }

static int bpf(enum bpf_cmd command, union bpf_attr* attr) {
  return result(syscall(SYS_bpf, command, attr, sizeof *attr));
}

static void close_if_open(int fd) {
  if (fd >= 0) close(fd);
}

static uint64_t pointer(const void* to) { return (uintptr_t)to; }

/* Programs for cgroup LSM hooks must do this if the hook returns void. */
static int may_only_return_1(const struct query* query) {
  return query->type == BPF_PROG_TYPE_LSM && query->attach_type == BPF_LSM_CGROUP;
}

/* Positive for the number of a helper or kfunc. */
static int called(const struct query* query) {
  int number = 0;
  if (strcmp(query->how, "helper") == 0 || strcmp(query->how, "kfunc") == 0) sscanf(query->argument, "%d", &number);
  return number;
}

static int load(const struct query* query, int map) {
  int call = called(query);
  struct bpf_insn instructions[] = {
      {.code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = BPF_REG_1, .src_reg = BPF_PSEUDO_MAP_FD, .imm = map},
      {.code = call > 0 ? BPF_JMP | BPF_CALL : 0,
       .src_reg = strcmp(query->how, "kfunc") == 0 ? BPF_PSEUDO_KFUNC_CALL : 0,
       .imm = call},
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = may_only_return_1(query)},
      {.code = BPF_JMP | BPF_EXIT},
  };
  int skipped = map >= 0 ? 0 : call > 0 ? 1 : 2;
  union bpf_attr attr = {
      .prog_type = query->type,
      .insns = pointer(instructions + skipped),
      .insn_cnt = 4 - skipped,
      .license = pointer(strchr(query->argument, '!') == NULL ? "GPL" : "none"),
      .log_level = 1,
      .log_size = sizeof verifier_log,
      .log_buf = pointer(verifier_log),
      .prog_flags = query->flags,
      .expected_attach_type = query->attach_type,
      .attach_btf_id = query->btf_id,
  };
  verifier_log[0] = 0;
  return bpf(BPF_PROG_LOAD, &attr);
}

/* BTF with one int, type 1: for keys and values of local storage. */
static int load_int_btf(void) {
  struct {
    struct btf_header header;
    struct btf_type type;
    uint32_t encoding;
    char strings[5];
  } blob = {
      .header = {.magic = BTF_MAGIC,
                 .version = BTF_VERSION,
                 .hdr_len = sizeof(struct btf_header),
                 .type_len = sizeof(struct btf_type) + sizeof(uint32_t),
                 .str_off = sizeof(struct btf_type) + sizeof(uint32_t),
                 .str_len = 5},
      .type = {.name_off = 1, .info = BTF_KIND_INT << 24, .size = 4},
      .encoding = BTF_INT_SIGNED << 24 | 32,
      .strings = "\0int",
  };
  union bpf_attr attr = {.btf = pointer(&blob),
                         .btf_size = offsetof(typeof(blob), strings) + sizeof blob.strings};
  return bpf(BPF_BTF_LOAD, &attr);
}

struct shape {
  unsigned type, flags, key, value, entries, btf;
};

static int create_map(struct shape shape) {
  unsigned type = shape.type;
  union bpf_attr attr = {
      .map_type = type,
      .key_size = shape.key,
      .value_size = shape.value,
      .max_entries = shape.entries,
      .map_flags = shape.flags,
      /* An arena's address, which mmap() would otherwise choose; no other type accepts it. */
      .map_extra = type == BPF_MAP_TYPE_ARENA ? 1ull << 44 : 0,
  };
  int inner = -1, btf = -1;
  if (type == BPF_MAP_TYPE_ARRAY_OF_MAPS || type == BPF_MAP_TYPE_HASH_OF_MAPS) {
    attr.inner_map_fd = inner = create_map((struct shape){BPF_MAP_TYPE_ARRAY, 0, 4, 4, 1, 0});
  }
  if (shape.btf != 0) {
    attr.btf_fd = btf = load_int_btf();
    attr.btf_key_type_id = attr.btf_value_type_id = 1;
  }
  int map = bpf(BPF_MAP_CREATE, &attr);
  close_if_open(inner);
  close_if_open(btf);
  /* The kernel allows a program to use an instruction array only after it is frozen. */
  if (map >= 0 && type == BPF_MAP_TYPE_INSN_ARRAY) {
    union bpf_attr freeze = {.map_fd = map};
    bpf(BPF_MAP_FREEZE, &freeze);
  }
  return map;
}

static int attach_raw_tracepoint(int program, const char* name) {
  union bpf_attr attr = {.raw_tracepoint = {.name = pointer(name), .prog_fd = program}};
  return bpf(BPF_RAW_TRACEPOINT_OPEN, &attr);
}

/* Some targets require parameters: a map, or the order of the cgroup walk. */
static int attach_iterator(int program, const char* target) {
  union bpf_iter_link_info info = {0};
  int map = -1;
  struct shape array = {BPF_MAP_TYPE_ARRAY, 0, 4, 4, 1, 0};
  struct shape sockmap = {BPF_MAP_TYPE_SOCKMAP, 0, 4, 4, 1, 0};
  struct shape storage = {BPF_MAP_TYPE_SK_STORAGE, BPF_F_NO_PREALLOC, 4, 4, 0, 1};
  if (strcmp(target, "bpf_map_elem") == 0) map = create_map(array);
  if (strcmp(target, "sockmap") == 0) map = create_map(sockmap);
  if (strcmp(target, "bpf_sk_storage_map") == 0) map = create_map(storage);
  if (strcmp(target, "cgroup") == 0) info.cgroup.order = BPF_CGROUP_ITER_SELF_ONLY;
  if (map >= 0) info.map.map_fd = map;
  union bpf_attr attr = {.link_create = {.prog_fd = program, .attach_type = BPF_TRACE_ITER}};
  if (map >= 0 || info.cgroup.order != 0) {
    attr.link_create.iter_info = pointer(&info);
    attr.link_create.iter_info_len = sizeof info;
  }
  int link = bpf(BPF_LINK_CREATE, &attr);
  close_if_open(map);
  return link;
}

static int attach_to_event(int program, struct perf_event_attr* attr) {
  attr->size = sizeof *attr;
  int event = result(syscall(SYS_perf_event_open, attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC));
  if (event < 0) return event;
  int attached = result(ioctl(event, PERF_EVENT_IOC_SET_BPF, program));
  if (attached < 0) close(event);
  return attached < 0 ? attached : event;
}

static unsigned number_in(const char* path) {
  unsigned number = 0;
  FILE* file = fopen(path, "r");
  if (file == NULL) return 0;
  if (fscanf(file, "%u", &number) != 1) number = 0;
  fclose(file);
  return number;
}

/* The target of uprobes; never called. */
__attribute__((noinline, used)) static int probed(int argument) { return argument + 1; }

extern const char __executable_start[];

static const char own_path[] = "/proc/self/exe";

static uint64_t probed_offset(void) { return pointer(probed) - pointer(__executable_start); }

static int attach_kprobe(int program, const char* function) {
  struct perf_event_attr attr = {
      .type = number_in("/sys/bus/event_source/devices/kprobe/type"),
      .kprobe_func = pointer(function),
  };
  return attach_to_event(program, &attr);
}

static int attach_uprobe(int program) {
  struct perf_event_attr attr = {
      .type = number_in("/sys/bus/event_source/devices/uprobe/type"),
      .uprobe_path = pointer(own_path),
      .probe_offset = probed_offset(),
  };
  return attach_to_event(program, &attr);
}

static int attach_tracepoint(int program, const char* id) {
  struct perf_event_attr attr = {.type = PERF_TYPE_TRACEPOINT, .sample_period = 1};
  if (sscanf(id, "%llu", &attr.config) != 1) return -EINVAL;
  return attach_to_event(program, &attr);
}

static int attach_kprobe_multi(int program, const char* function) {
  uint64_t functions[] = {pointer(function)};
  union bpf_attr attr = {.link_create = {.prog_fd = program, .attach_type = BPF_TRACE_KPROBE_MULTI}};
  attr.link_create.kprobe_multi.syms = pointer(functions);
  attr.link_create.kprobe_multi.cnt = 1;
  return bpf(BPF_LINK_CREATE, &attr);
}

static int attach_uprobe_multi(int program) {
  uint64_t offsets[] = {probed_offset()};
  union bpf_attr attr = {.link_create = {.prog_fd = program, .attach_type = BPF_TRACE_UPROBE_MULTI}};
  attr.link_create.uprobe_multi.path = pointer(own_path);
  attr.link_create.uprobe_multi.offsets = pointer(offsets);
  attr.link_create.uprobe_multi.cnt = 1;
  return bpf(BPF_LINK_CREATE, &attr);
}

static int attach(int program, const struct query* query) {
  const char* how = query->how;
  if (strcmp(how, "iter") == 0) return attach_iterator(program, query->argument);
  if (strcmp(how, "tp_btf") == 0) return attach_raw_tracepoint(program, NULL);
  if (strcmp(how, "raw_tp") == 0) return attach_raw_tracepoint(program, query->argument);
  if (strcmp(how, "tracepoint") == 0) return attach_tracepoint(program, query->argument);
  if (strcmp(how, "kprobe") == 0) return attach_kprobe(program, query->argument);
  if (strcmp(how, "kprobe.multi") == 0) return attach_kprobe_multi(program, query->argument);
  if (strcmp(how, "uprobe") == 0) return attach_uprobe(program);
  if (strcmp(how, "uprobe.multi") == 0) return attach_uprobe_multi(program);
  return -ENOSYS;
}

/* Without the count of instructions at the end of every log. */
static const char* last_line_of_log(void) {
  const char* last = "";
  for (char* line = strtok(verifier_log, "\n"); line != NULL; line = strtok(NULL, "\n")) {
    if (strncmp(line, "processed ", 10) != 0) last = line;
  }
  return last;
}

/* Linux 7.3 prints its message first, and explanations after it. */
static const char* whole_log(void) {
  for (char* end = verifier_log; (end = strpbrk(end, "\n\t")) != NULL;) *end = ';';
  return verifier_log;
}

static void answer(const char* tried, int error) {
  printf("%s\t%d\t%s\n", tried, error < 0 ? -error : 0,
         error < 0 && strcmp(tried, "load") == 0 ? last_line_of_log() : "");
}

static void ask(const struct query* query) {
  int map = -1;
  struct shape shape;
  if (strcmp(query->how, "map") == 0) {
    int read = sscanf(query->argument, "%u:%u:%u:%u:%u:%u", &shape.type, &shape.flags, &shape.key, &shape.value,
                      &shape.entries, &shape.btf);
    if (read != 6) return answer("map", -ENOSYS);
    map = create_map(shape);
    if (map < 0) return answer("map", map);
  }
  int program = load(query, map);
  close_if_open(map);
  if (called(query) > 0) {
    printf("load\t%d\t%s\n", program < 0 ? -program : 0, whole_log());
    return close_if_open(program);
  }
  if (program < 0 || map >= 0 || strcmp(query->how, "load") == 0) {
    answer("load", program);
  } else {
    int link = attach(program, query);
    answer("attach", link);
    close_if_open(link);
  }
  close_if_open(program);
}

int main(void) {
  /* Before Linux 5.11 programs count as locked memory, and still do for a while after they are closed. */
  struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
  setrlimit(RLIMIT_MEMLOCK, &unlimited);
  struct query query;
  while (scanf("%u %u %u %u %15s %255s", &query.type, &query.attach_type, &query.flags, &query.btf_id,
               query.how, query.argument) == 6) {
    ask(&query);
  }
  return feof(stdin) ? 0 : 1;
}
