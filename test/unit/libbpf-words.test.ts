/** libbpf's warnings: which one is the cause, and the remedy. One example for each row of the tables. */
import { readFileSync } from "node:fs";
import { errnoName } from "../../lib/errors";
import { CAUSES, causeOf } from "../../lib/native/libbpf-messages";
import { attachHint, ERRNOS, errnoRow } from "../../lib/program/attach/hint";

/** A warning, and a part of the remedy; undefined for none. */
const EXAMPLES: readonly [warning: string, hint: RegExp | undefined][] = [
  // open()
  ["elf: legacy map definitions in 'maps' section are not supported by libbpf v1.0+", /BTF-defined maps/],
  ["elf: couldn't find symbol table in x, stripped object file?", /llvm-strip -g/],
  ["invalid license section in x", /SEC\("license"\)/],
  ["BTF is required, but is missing or corrupted.", /clang -g/],
  ["sec 'xdp': program 'drop' is static and not supported", /drop global/],
  [
    "prog 'p': invalid relo against 'v' in special section 0xfff2; forgot to initialize global var?..",
    /Initialize the variable/,
  ],
  ["elf: sec '.addr_space.1': declared ARENA map size (4096) is too small to hold global __arena variables", /pages/],
  ["map 'b': only single ARENA map is supported (map 'a' is also ARENA)", /one map of the type arena/],
  ["map 'm': conflicting key size 4 != 8.", /__type\(key, …\)/],
  ["map 'm': unsupported map linkage static.", /without static/],
  ["map 'm': couldn't build pin path.", /pinRoot/],
  ["map 'm': map type isn't specified.", /__uint\(type/],
  ["map 'm': unknown field 'kind'.", /definition/],
  [".maps relo #1: hash-of-maps 'm' should have key size 4.", /4 bytes/],
  [".maps relo #1: 'f' isn't an entry-point program", /with a SEC/],
  [".maps relo #1: 'm' isn't a valid map reference", /definition/],
  ["extern (kcfg) 'CONFIG_X': type is unsupported", /libbpf_tristate/],
  ["struct_ops reloc ops: rel->r_offset 8 shdr_idx 5 unsupported non-static function f", /SEC\("struct_ops"\)/],
  ["struct_ops reloc ops: prog p is not struct_ops BPF program", /SEC\("struct_ops"\)/],
  ["struct_ops init: v is not a struct", /\.struct_ops/],
  ["elf: x is not a valid eBPF object file", /Recompile it/],
  // load()
  ["kernel BTF is missing at '/sys/kernel/btf/vmlinux', was CONFIG_DEBUG_INFO_BTF enabled?", /CONFIG_DEBUG_INFO_BTF=y/],
  ["failed to parse target BTF: -ENOENT", /btfPath/],
  ["failed to open system Kconfig", /kconfig/],
  ["failed to parse 'CONFIG_X': no separator", /lines such as/],
  ["error parsing system Kconfig line 'CONFIG_X=': -EINVAL", /lines such as/],
  ["extern (kcfg) 'LINUX_X': unrecognized virtual extern", /LINUX_KERNEL_VERSION/],
  ["extern (kcfg) 'CONFIG_X': value 'm' implies tristate or char type", /Declare CONFIG_X with a type/],
  ["extern 'CONFIG_X' (strong): not resolved", /kconfig: "CONFIG_X=…/],
  ["extern (func ksym) 'f': func_proto [7] incompatible with vmlinux [8]", /btf dump/],
  ["extern (func ksym) 'f': not found in kernel or module BTFs", /__weak/],
  ["extern (ksym) 'f': resolution is ambiguous: 0x1 or 0x2", /more than one symbol/],
  ["failed to open /proc/kallsyms: -ENOENT", /mount \/proc/],
  ["extern 'f': unrecognized extern kind", /Remove the extern/],
  ["struct_ops init_kern: struct bpf_struct_ops_x is not found in kernel BTF", /autocreate to false/],
  ["struct_ops init_kern ops func ptr f: invalid reuse of prog p in sec struct_ops with type 27", /another program/],
  ["struct_ops init_kern ops: Cannot find member f in kernel BTF", /differs from this kernel's/],
  ["elf: failed to open x as ELF file: out of memory", /not enough memory/],
  ["failed to get BTF object #7 FD: -EMFILE", /ulimit -n/],
  ["Error loading .BTF into kernel: -EINVAL. BTF is mandatory, can't proceed.", /rejects the object's BTF/],
  [
    "Error in bpf_object__probe_loading(): -ENOSYS. Couldn't load trivial BPF program. Make sure your kernel supports BPF",
    /CONFIG_BPF_SYSCALL/,
  ],
  ["prog 'p': relo #1: insn #5 (LDX/ST/STX) accesses field incorrectly. Make sure", /BPF_CORE_READ_BITFIELD/],
  ["prog 'p': relo #1: field offset ambiguity: 8 != 16", /flavor/],
  ["prog 'p': relo #1: parsing [7] struct x + 0:1 failed: -22", /bpf_core_field_exists/],
  [
    "prog 'p': SEC(\"struct_ops\") program isn't referenced anywhere, did you forget to use it?",
    /Name it in a struct of SEC\("\.struct_ops"\)/,
  ],
  ["prog 'p': attach program FD is not set", /freplace/],
  ["The target program doesn't have BTF", /must have BTF/],
  ["prog 'p': no BTF-based attach target is specified, use bpf_program__set_attach_target()", /attachTarget/],
  ["f is not found in vmlinux BTF", /Check its name/],
  ["prog 'p': missing BPF prog type, check ELF section name 'x'", /section names/],
  ["prog 'p': cannot find exception callback 'f'", /__exception_cb/],
  ["prog 'p': bad call relo against 'f' at offset 7", /Recompile it/],
  ["prog 'p': failed to bind map '.rodata': -EINVAL", /rejects the map/],
  // Maps and pins
  ["specified path /tmp/m is not on BPF FS", /mount -t bpf/],
  ["failed to pin map: -EROFS", /read-only/],
  ["map 'm': failed to auto-pin at '/sys/fs/bpf/a.b': -EPERM", /no dot/],
  ["failed to mkdir /sys/fs/bpf/a/b: -ENOENT", /mkdir -p \/sys\/fs\/bpf\/a\/b/],
  ["map 'm': failed to auto-pin at '/sys/fs/bpf/m': -EEXIST", /Something else/],
  ["failed to statfs /sys/fs/bpf: -EACCES", /can write to/],
  ["couldn't reuse pinned map at '/sys/fs/bpf/m': parameter mismatch", /Unpin it/],
  ["map 'm': failed to create inner map: -EINVAL", /inner map/],
  ["map 'm': failed to initialize slot [1] to prog 'p' fd=7: -EINVAL", /rejects this program/],
  ["map 'm': cannot be resized, last var must be an array", /multiple of its element size/],
  ["map 'm': failed to set initial contents: -EPERM", undefined],
  ["failed to open /proc/self/fdinfo/7: -ENOENT. No procfs support?", /mount them/],
  ["map 'm': failed to alloc map name.", /definition/],
  // attach()
  ["elf: failed to find symbol 'f' in '/bin/x'", /attach\(\{ offset \}\)/],
  ["elf: ambiguous match for 'f', 'f@V1' in '/bin/x'", /several functions/],
  ["elf: 'f' is 0 in symtab for '/bin/x': -ENOENT", /the library that defines/],
  ["elf: failed to open /bin/x: -ENOENT", /executable or library/],
  ["prog 'p': failed to resolve full path for 'x': -ENOENT", /absolute path/],
  ["failed to add legacy kprobe event for 'f+0x0': -ENOENT", /CONFIG_KPROBES and CONFIG_KPROBE_EVENTS/],
  ["failed to determine legacy kprobe event id for 'f+0x0': -ENOENT", /mount -t tracefs/],
  ["prog 'p': user context value is not supported", /5\.15/],
  ["prog 'p': try add PERF_SAMPLE_CALLCHAIN to or remove exclude_callchain_user from pfd 7", /bpf_get_stackid/],
  ["kprobe name is invalid: f+x", /section's name/],
  ["prog 'p': failed to find a unique match for 'f' (2 matches)", /No function, or more than one/],
  ["failed to parse available_filter_functions entry: 1", /tracefs/],
  ["usdt: failed to find USDT support BPF maps, did you forget to include bpf/usdt.bpf.h?", /usdt\.bpf\.h/],
  ["usdt: no USDT notes section (.note.stapsdt) found in '/bin/x'", /no USDT probes/],
  ["usdt: attaching to shared libraries without specific PID is not supported on current kernel", /one process/],
  ["usdt: kernel doesn't support USDT semaphore refcounting for 'a:b' in '/bin/x'", /4\.20/],
  ["usdt: unrecognized arg #1 spec '8@x'", /arguments/],
  ["usdt: matched ELF binary '/bin/x' segment [0x0, 0x1) for 'a:b' at IP 0x0 is not executable", /USDT probes can't/],
  ["prog 'p': failed to create kprobe 'f+0x0' perf event: -ENOENT", undefined],
  ["failed to determine tracepoint 'a/b' perf event ID: -ENOENT", /events/],
];

test.each(EXAMPLES)("%s", (warning, hint) => {
  const cause = causeOf([warning, "failed to load object 'x'"]);
  expect(cause?.words).toBeTruthy();
  if (hint === undefined) expect(cause?.hint).toBeUndefined();
  else expect(cause?.hint).toMatch(hint);
});

test("every row has an example", () => {
  const used = EXAMPLES.map(([warning]) => CAUSES.find(({ pattern }) => pattern.test(warning)));
  expect(CAUSES.filter((row) => !used.includes(row)).map(({ pattern }) => pattern.source)).toEqual([]);
});

test.each<[warnings: string[], words: string | undefined]>([
  // The cause comes first, then its consequences.
  [
    [
      "extern (kcfg) 'CONFIG_X': value 'm' implies tristate or char type",
      "error parsing in-memory Kconfig line 'CONFIG_X=m': -EINVAL",
      "failed to load object 'x'",
    ],
    "extern (kcfg) 'CONFIG_X': value 'm' implies tristate or char type",
  ],
  [
    [
      "specified path /tmp/m is not on BPF FS",
      "failed to pin map: -EINVAL",
      "map 'm': failed to auto-pin at '/tmp/m': -EINVAL",
      "map 'm': failed to create: -EINVAL",
    ],
    "specified path /tmp/m is not on BPF FS",
  ],
  // A warning after which libbpf continues is no cause, and neither is one that only reports the failure.
  [
    ["Error in bpf_create_map_xattr(m): -EINVAL. Retrying without BTF.", "map 'm': failed to create: -EINVAL"],
    undefined,
  ],
  [["BTF loading error: -EINVAL", "Failed to bump RLIMIT_MEMLOCK (err = -EPERM), you might need to do it"], undefined],
  [[], undefined],
  // An unknown warning is passed on.
  [["something new: -EINVAL", "failed to load object 'x'"], "something new"],
  // The errno is the error's, in the messages of older versions too.
  [["failed to pin map: -EROFS"], "failed to pin map"],
  [["failed to pin map: Read-only file system(-30)"], "failed to pin map"],
  [["prog 'p': failed to attach to iterator: Invalid argument"], "failed to attach to iterator"],
  [["prog 'p': failed to attach to iterator: -22"], "failed to attach to iterator"],
])("the cause of %j", (warnings, words) => {
  expect(causeOf(warnings)?.words).toBe(words);
});

/** Kind, errno, and a part of the remedy. */
const ATTACHED: readonly [kind: string, errno: string, hint: RegExp | undefined][] = [
  ["xdp", "EBUSY", /detach it/],
  ["xdp", "EINVAL", /driver/],
  ["kprobe", "EADDRNOTAVAIL", /can't probe there/],
  ["kprobe", "EILSEQ", /inside an instruction/],
  ["kprobe.multi", "EINVAL", /Before Linux 5\.18/],
  ["kretprobe", "EINVAL", /blacklist/],
  ["uprobe", "EINVAL", /outside the file's code/],
  ["uprobe", "ESRCH", /no such process/],
  ["iter", "EACCES", /keys or values are smaller/],
  ["iter", "EBADF", /attach\(\{ map \}\)/],
  ["iter", "E2BIG", /Before Linux 6\.1/],
  ["cgroup_skb", "EBADF", /cgroup v2/],
  ["cgroup", "EINVAL", /attachType/],
  ["tcx", "ENOENT", /not attached there/],
  ["tcx", "ESTALE", /revision/],
  ["netkit", "ERANGE", /64 programs/],
  ["tcx", "EEXIST", /attached there already/],
  ["netkit", "EOPNOTSUPP", /netkit pair/],
  ["tc", "ENOENT", /CONFIG_NET_CLS_BPF/],
  ["tc", "EEXIST", /already/],
  ["sk_lookup", "EEXIST", /update its link/],
  ["flow_dissector", "EINVAL", /no network namespace/],
  ["sk_msg", "EOPNOTSUPP", /no SOCKMAP/],
  ["netfilter", "EBUSY", /priority/],
  ["netfilter", "ERANGE", /priority/],
  ["socket", "ENOTSOCK", /no open socket/],
  ["perf_event", "ENOENT", /no such event/],
  ["perf_event", "ESRCH", /no such process/],
  ["freplace", "EINVAL", /global one/],
  ["lsm", "EOPNOTSUPP", /lacks this kind/],
  ["lsm", "EBUSY", /attach point is in use/],
  ["lsm", "E2BIG", /Too many programs/],
  ["fentry", "EMFILE", /ulimit -n/],
  ["fentry", "ENOMEM", /not enough memory/],
  ["fentry", "EINTR", /attach it again/],
  ["fentry", "ENOENT", /check its name/],
  ["fentry", "EDOM", undefined],
];

test.each(ATTACHED)("an attach of %s that ends with %s", (kind, errno, hint) => {
  const told = attachHint(kind, "", errno, []);
  if (hint === undefined) expect(told).toBeUndefined();
  else expect(told).toMatch(hint);
});

test("every errno of an attach has an example", () => {
  const used = ATTACHED.map(([kind, errno]) => errnoRow(kind, errno));
  expect(ERRNOS.filter((row) => !used.includes(row))).toEqual([]);
});

test("suggestions for a function or a USDT probe of a file", () => {
  const file = /\S*\/libc\.\S+/.exec(readFileSync("/proc/self/maps", "utf8"))?.[0];
  const misspelt = [`elf: failed to find symbol 'getadrrinfo' in '${file}'`];
  expect(attachHint("uprobe", `${file}:getadrrinfo`, "ENOENT", misspelt)).toContain("Did you mean getaddrinfo?");
  const unlike = [`elf: failed to find symbol 'zzqqzzqqzz' in '${file}'`];
  expect(attachHint("uprobe", `${file}:zzqqzzqqzz`, "ENOENT", unlike)).toContain("attach({ offset })");
  const gone = ["elf: failed to find symbol 'f' in '/no/such/file'"];
  expect(attachHint("uprobe", "/no/such/file:f", "ENOENT", gone)).toContain("attach({ offset })");
});

test("libbpf's own errnos have names", () => {
  expect([-4000, -4001, -4010, -4013].map(errnoName)).toEqual([
    "LIBBPF_ERRNO__LIBELF",
    "LIBBPF_ERRNO__FORMAT",
    "LIBBPF_ERRNO__PROGTYPE",
    "LIBBPF_ERRNO__NLPARSE",
  ]);
});
