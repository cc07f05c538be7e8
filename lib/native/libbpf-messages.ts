/**
 * Interprets libbpf's warnings: which one is the cause of a failure, and what to do about it.
 * test/gates/libbpf-words.test.ts checks the tables against all warnings in libbpf's source.
 */
import type { ErrorCode } from "../errors";
import { btfKinds } from "../kinds";

/** The cause of a failure according to libbpf. */
export interface Cause {
  /** libbpf's line, without the parts that the error has already: the program's name and the errno. */
  words: string;
  code?: ErrorCode;
  hint?: string;
}

interface Row {
  pattern: RegExp;
  code?: ErrorCode;
  /** Built from the pattern's groups. Absent if the errno already explains what to do. */
  hint?: string | ((...names: string[]) => string);
}

/**
 * An errno at the end of a line: "-EINVAL" since libbpf 1.6; before, "-22", "Invalid argument(-22)" and "Invalid
 * argument".
 */
const ERRNO =
  /: (?:-E[A-Z0-9]+|-\d+|[A-Z][\w -]+\(-\d+\)|Invalid argument|No such (?:file or directory|process)|Operation not (?:permitted|supported)|Permission denied|File exists|Device or resource busy)\.?$/;

/** Warnings after which libbpf continues, or that describe its own steps. */
const PASSED =
  /^(?:Failed to bump RLIMIT_MEMLOCK|permission error while running as root|Error in \w+\(.*\): .*Retrying without BTF|Error in \w+\(\): .*(?:Couldn't create simple array map|Program )|Detection of kernel|BTF loading error|-- BEGIN BTF LOAD LOG|Error loading ELF section \.BTF\.ext|BTF\.ext header missing|prog '.*': missing \.BTF\.ext|prog '.*': subprog '.*' arg#\d+ is expected|extern \(kcfg\) '.*': long string|usdt: failed to get absolute path|map '.*': failed to adjust resized BTF|unexpected kind .* relocated|Netlink error reporting not supported|map '.*': BPF skeleton version is old)/;

/** Warnings that only say which part failed. */
const GENERIC =
  /^(?:failed to load object|map '.*': failed to create:|prog '.*': (?:BPF program load failed|failed to (?:load|attach|initialize|prepare load attributes):|-- BEGIN PROG LOAD LOG))/;

const RECOMPILE = "Recompile it with clang -g -O2 -target bpf";
const MOUNT = "mount -t bpf bpf /sys/fs/bpf";
const DEFINITION = 'Check its definition in SEC(".maps")';
const NO_KERNEL_BTF = `${btfKinds()} programs, kfuncs and CO-RE need a kernel with CONFIG_DEBUG_INFO_BTF=y, or its vmlinux with BTF in /boot; for CO-RE alone, open(path, { btfPath })`;
const KCONFIG_LINE = 'open(path, { kconfig }) expects lines such as "CONFIG_HZ=250\\n"';

/** The first matching row is used. */
export const CAUSES: readonly Row[] = [
  // libelf's, whatever libbpf was doing
  { pattern: /: out of memory$/, hint: "There is not enough memory" },
  // Opening: the file
  {
    pattern: /^elf: legacy map definitions|^elf: .*'maps' section/,
    hint: 'libbpf 1.x supports only BTF-defined maps: SEC(".maps")',
  },
  { pattern: /couldn't find symbol table/, hint: "Strip it with llvm-strip -g, which keeps the symbols" },
  {
    pattern: /^invalid license section/,
    hint: 'Declare one: char LICENSE[] SEC("license") = "GPL"',
  },
  {
    pattern: /^BTF is required|^subskeletons require BTF/,
    code: "ERR_BPF_OBJECT_NO_BTF",
    hint: "Compile it with clang -g",
  },
  {
    pattern: /program '(.+)' is static and not supported/,
    hint: (program = "") => `Make the function ${program} global: without static`,
  },
  {
    pattern: /forgot to initialize global var/,
    hint: "Initialize the variable in its definition",
  },
  {
    pattern: /ARENA map size .* is too small/,
    hint: "Raise the arena's max_entries, which is in pages",
  },
  { pattern: /ARENA map/, hint: 'An object with __arena variables has one map of the type arena, in SEC(".maps")' },
  {
    pattern: /conflicting (key|value) size/,
    hint: (what = "") => `Declare the ${what} once: __type(${what}, …), or __uint(${what}_size, …)`,
  },
  { pattern: /unsupported map linkage/, hint: "Make the map global: without static" },
  { pattern: /couldn't build pin path/, hint: "Pass a shorter pinRoot, or a shorter name" },
  {
    pattern: /^map '.*': map type isn't specified/,
    hint: "Declare it in the map's definition: __uint(type, BPF_MAP_TYPE_HASH)",
  },
  {
    pattern:
      /^map '.*': (?:attr|invalid (?:field|def size|pinning)|(?:key|value|\S+) (?:type|spec|def) |can't determine|multi-level|'\w+' member|should be map-in-map|prog-array value|map-in-map inner|inner def|unknown field|unexpected (?:var|def) kind|map type)|^map '.*' BTF data|^map #\d+: empty/,
    hint: DEFINITION,
  },
  {
    pattern: /^\.maps relo .*hash-of-maps/,
    hint: "A map of maps needs keys of 4 bytes, the index of the inner map: __uint(key_size, sizeof(int))",
  },
  { pattern: /^\.maps relo .*isn't an entry-point program/, hint: "Name a function with a SEC(), not a subprogram" },
  { pattern: /^\.maps relo/, hint: DEFINITION },
  {
    pattern:
      /^(?:failed to find BTF for extern|extern function|unrecognized extern section|failed to (?:find extern definition|resolve size of extern|determine alignment of extern)|extern \(kcfg\) '.*': type is unsupported|cannot create a dummy)/,
    hint: "Declare it extern … __ksym if it is the kernel's, or extern … __kconfig for a kernel option: an int, bool, char, char array or enum libbpf_tristate",
  },
  { pattern: /^struct_ops reloc.*unsupported non-static/, hint: 'Name a program with SEC("struct_ops") in the struct' },
  {
    pattern: /^struct_ops reloc.*is not struct_ops BPF program/,
    hint: 'Give the program SEC("struct_ops")',
  },
  { pattern: /^struct_ops (?:reloc|init:)/, hint: 'Check the struct in SEC(".struct_ops")' },
  {
    pattern:
      /^(?:elf: (?!failed to find symbol|failed to open \S+: |ambiguous|.* is 0 in symtab|could not read)|sec '|failed to (?:init libelf|open .* as ELF|get (?:EHDR|ELF class|section|e_shstrndx|sym name))|alloc memory failed|invalid kver|DATASEC '|Error loading ELF section|internal error|unexpected section type|failed to find '.*' ELF section|failed to alloc map|BTF types? |btf: type|Can't load BTF|unsupported BTF_KIND|map '\.jumptables')/,
    hint: RECOMPILE,
  },

  // Loading: the kernel's types and configuration
  {
    pattern:
      /^(?:kernel BTF is missing|failed to find valid kernel BTF|Error loading vmlinux BTF|vmlinux BTF is not found|failed to read kernel BTF)/,
    code: "ERR_BPF_OBJECT_NO_BTF",
    hint: NO_KERNEL_BTF,
  },
  {
    pattern: /^failed to parse target BTF/,
    hint: "open(path, { btfPath }) expects a BTF file of the kernel, or a vmlinux",
  },
  {
    pattern: /^failed to open system Kconfig/,
    hint: 'This host has neither /proc/config.gz nor a /boot/config of its kernel: open(path, { kconfig: "CONFIG_HZ=250\\n" })',
  },
  { pattern: /^failed to (?:open in-memory Kconfig|parse '.*': no (?:separator|value))/, hint: KCONFIG_LINE },
  {
    pattern: /^error parsing (?:system|in-memory) Kconfig line/,
    hint: KCONFIG_LINE,
  },
  {
    pattern: /^extern \(kcfg\) '(\w+)': unrecognized virtual extern/,
    hint: "libbpf knows CONFIG_…, LINUX_KERNEL_VERSION, LINUX_HAS_BPF_COOKIE and LINUX_HAS_SYSCALL_WRAPPER; any other LINUX_… must be __weak",
  },
  {
    pattern: /^extern \(kcfg\) '(\w+)': (?:value|invalid string)|^failed to parse '.*'/,
    hint: (name = "the variable") =>
      `Declare ${name} with a type that holds the value, or pass another in open(path, { kconfig })`,
  },
  {
    pattern: /^extern (?:\(kcfg\) )?'(CONFIG_\w+)'(?: \(strong\))?: not resolved/,
    hint: (name = "") =>
      `This kernel's configuration lacks it: declare it __weak, or pass open(path, { kconfig: "${name}=…\\n" })`,
  },
  {
    pattern: /^extern \(func ksym\) '\w+': func_proto|^extern \(var ksym\) '\w+': incompatible/,
    hint: "Declare it as in this kernel's BTF: node-libbpf btf dump --format c",
  },
  {
    pattern: /^extern (?:\((?:func |var )?ksym\) )?'\w+'(?: \(strong\))?: (?:not found|not resolved)/,
    hint: "Declare it __weak and guard it with bpf_ksym_exists(), require a kernel that has it, or load its module",
  },
  {
    pattern: /^extern \(ksym\) '\w+': resolution is ambiguous/,
    hint: "The kernel has more than one symbol with that name",
  },
  {
    pattern: /^failed to (?:open \/proc\/kallsyms|read kallsyms)/,
    hint: "Externs with __ksym and no BTF need /proc/kallsyms: mount /proc",
  },
  {
    pattern:
      /^extern '.*': unrecognized extern kind|^extern \(kcfg\) '.*': failed to get kernel version|^extern \(func ksym\) '.*': module BTF fd index/,
    hint: "Remove the extern",
  },
  {
    pattern: /^struct_ops init_kern.*(?:is|data is) not found in/,
    hint: "This kernel has no such struct_ops, or its module is not loaded; set the map's autocreate to false to skip it",
  },
  {
    pattern: /^struct_ops init_kern.*invalid reuse of prog/,
    hint: "A struct_ops program implements one member of one struct: write another program for the other",
  },
  {
    pattern: /^struct_ops init_kern/,
    hint: "The struct differs from this kernel's: declare it as in its BTF, node-libbpf btf dump --format c",
  },
  {
    pattern: /^(?:failed to (?:iterate|get|load module).*BTF object|failed to load module)/,
    hint: "Reading the BTF of modules needs CAP_SYS_ADMIN, and file descriptors: ulimit -n",
  },
  {
    pattern: /^Error loading \.BTF into kernel/,
    hint: "This kernel rejects the object's BTF, which one of its maps or programs needs: require a newer one, or avoid spin locks, timers, kptrs and struct_ops",
  },
  {
    pattern: /Couldn't load trivial BPF program/,
    hint: "This kernel loads no BPF program at all: CONFIG_BPF_SYSCALL may be off, or RLIMIT_MEMLOCK too low (before Linux 5.11)",
  },

  // Loading: CO-RE, calls, programs
  {
    pattern:
      /^prog '.*': relo #?\d+:? .*(?:accesses field incorrectly|unexpected mem size|too big|invalid new mem size)/,
    hint: "The field has another size in this kernel: read it with BPF_CORE_READ_BITFIELD(), or use bpf_core_field_size()",
  },
  {
    pattern: /^prog '.*': relo #?\d+:? .*ambiguity/,
    hint: "The kernel has more than one type with that name: select one by a flavor, struct name___x",
  },
  {
    pattern: /^(?:prog '.*': relo |failed to perform CO-RE)/,
    hint: "The kernel's type differs from the program's: guard it with bpf_core_type_exists() or bpf_core_field_exists()",
  },
  {
    pattern: /SEC\("struct_ops"\) program isn't referenced/,
    hint: 'Name it in a struct of SEC(".struct_ops") or SEC(".struct_ops.link"), or set its autoload to false',
  },
  {
    pattern: /attach program FD is not set/,
    hint: "An freplace program replaces a function of another program, which this library can't select yet: set its autoload to false",
  },
  {
    pattern:
      /^(?:failed bpf_prog_get_info_by_fd|The target program|Failed to get BTF \d+ of the program|.* is not found in prog's BTF|prog '.*': failed to find BPF program)/,
    hint: "The program to be replaced must have BTF, and such a function",
  },
  {
    pattern: /no BTF-based attach target is specified/,
    code: "ERR_BPF_TARGET_MISSING",
    hint: "Set it in the section, or set attachTarget before load",
  },
  {
    pattern: /is not found in vmlinux BTF|failed to find kernel BTF type ID/,
    code: "ERR_BPF_TARGET_NOT_FOUND",
    hint: "Check its name in the kernel's BTF (/sys/kernel/btf/vmlinux)",
  },
  {
    pattern: /missing BPF prog type/,
    code: "ERR_BPF_SECTION_UNKNOWN",
    hint: "Use one of libbpf's section names, or set type before load",
  },
  {
    pattern: /^prog '.*': (?:exception|multiple subprogs|cannot find exception)/,
    hint: "Check the program's __exception_cb()",
  },
  {
    pattern:
      /^prog '.*': (?:bad |incorrect |invalid relo|extern relo|map relo|data relo|unexpected relo|missing subprog|no \.text|error relocating|failed to (?:relocate|perform|realloc|add subprog))/,
    hint: RECOMPILE,
  },
  { pattern: /^prog '.*': failed to bind map/, hint: "The kernel rejects the map for the program" },

  // Maps and pins
  {
    pattern: /specified path (.+) is not on BPF FS/,
    hint: (path = "") => `bpffs is not mounted at ${path}: ${MOUNT}, or pass a pinRoot where it is`,
  },
  {
    pattern: /(?:failed to (?:mkdir|statfs|auto-pin|pin)|pinned map).*(?:EROFS|Read-only)/,
    hint: "bpffs is mounted read-only: mount -o remount,rw /sys/fs/bpf",
  },
  {
    pattern: /failed to (?:mkdir|statfs) (\S+): .*(?:ENOENT|No such file)/,
    hint: (path = "") => `Its folder does not exist: mkdir -p ${path}`,
  },
  {
    pattern: /failed to auto-pin at '.*\.[^/]*'/,
    hint: 'bpffs allows no dot in a name: use "_" instead',
  },
  {
    pattern: /failed to (?:auto-pin|pin).*(?:EEXIST|exists)/,
    hint: "Something else is pinned there: unpin it, or set another pinPath",
  },
  {
    pattern: /failed to (?:mkdir|statfs|auto-pin|pin)/,
    hint: `Pins must be in bpffs, in a folder that this user can write to: ${MOUNT}`,
  },
  {
    pattern: /^couldn't (?:reuse|retrieve) pinned map|error reusing pinned map|cannot find pinned map/,
    hint: "Unpin it, set another pinPath, or change the map's definition to match the pinned map",
  },
  { pattern: /^map '.*': failed to create inner map/, hint: "Check the inner map's definition" },
  {
    pattern: /^map '.*': failed to initialize slot \[\d+\] to (map|prog)/,
    hint: (what = "") =>
      `The kernel rejects this ${what === "prog" ? "program" : "map"} as an element: all elements of a map must be compatible`,
  },
  {
    pattern: /cannot be resized/,
    hint: "The valueSize of a section's map can be set if its last variable is an array, to a multiple of its element size",
  },
  { pattern: /^map '.*': failed to (?:set initial|freeze|re-mmap|mmap arena|resize)/ },
  {
    pattern:
      /failed to get map info|No procfs support|failed to determine number of system CPUs|CPU (?:range|mask)|cpu mask/i,
    hint: "libbpf reads /proc and /sys/devices/system/cpu: mount them",
  },
  {
    pattern:
      /^(?:error: (?:unsupported map type|inner_map_fd)|map '.*': (?:can't pin BPF map|already has pin)|map '.*' already|missing a path|no path to unpin|map '.*': failed to alloc|failed to alloc)/,
    hint: DEFINITION,
  },

  // Attaching
  {
    pattern: /^elf: failed to find symbol '(.*)' in '(.*)'/,
    hint: "The file has no such function, or is stripped: pass attach({ offset })",
  },
  { pattern: /^elf: ambiguous match/, hint: "The file has several functions with that name: pass attach({ offset })" },
  {
    pattern: /^elf: .* is 0 in symtab/,
    hint: "The symbol is imported from another file: pass the library that defines the function as path",
  },
  {
    pattern: /^(?:elf: could not read|elf: failed to open|zip:)/,
    hint: "Pass the path of an executable or library (or archive.apk!/lib/x.so, not compressed)",
  },
  {
    pattern: /failed to resolve full path for/,
    hint: "It is not in PATH, LD_LIBRARY_PATH or the usual folders: pass an absolute path",
  },
  {
    pattern: /failed to add legacy (kprobe|uprobe) event/,
    hint: (what = "") =>
      `This kernel creates ${what}s only through tracefs: it may lack CONFIG_${what.toUpperCase()}S and CONFIG_${what.toUpperCase()}_EVENTS, or tracefs is not mounted`,
  },
  {
    pattern: /legacy (?:kprobe|uprobe)|failed to determine (?:legacy|\w+probe|.* (?:perf type|retprobe bit))/,
    hint: "Mount tracefs: mount -t tracefs tracefs /sys/kernel/tracing",
  },
  {
    pattern: /user context value is not supported/,
    hint: "Cookies of perf events need Linux 5.15: attach without a cookie",
  },
  { pattern: /PERF_SAMPLE_CALLCHAIN/, hint: "bpf_get_stackid() takes a perf event with PERF_SAMPLE_CALLCHAIN" },
  {
    pattern:
      /k(?:ret)?probes? (?:name|multi pattern|session pattern) is invalid|kretprobes do not support|uretprobes do not support|invalid (?:section|format)|missing ':function/,
    hint: "Check the section's name",
  },
  {
    pattern: /failed to find a unique match for/,
    hint: "No function, or more than one, matches that name: pass an unambiguous one",
  },
  {
    pattern: /available_filter_functions/,
    hint: "Patterns are looked up in tracefs: mount -t tracefs tracefs /sys/kernel/tracing",
  },
  { pattern: /^usdt: failed to find USDT support BPF maps/, hint: "Include bpf/usdt.bpf.h in the program" },
  { pattern: /^usdt: no USDT notes section/, hint: "The file has no USDT probes" },
  {
    pattern: /^usdt: attaching to shared libraries without specific PID/,
    hint: "Before Linux 5.15 a library's probes can be attached only for one process",
  },
  { pattern: /^usdt: kernel doesn't support USDT semaphore/, hint: "Probes with a semaphore need Linux 4.20" },
  {
    pattern: /^usdt: (?:too many USDT arguments|unsupported arg|unrecognized|invalid SIB)/,
    hint: "libbpf does not support the compiled form of the probe's arguments",
  },
  { pattern: /^usdt:/, hint: "The file's USDT probes can't be used: see SEC(\"usdt/path:provider:name\")" },
  {
    pattern:
      /^(?:prog|map) '.*': failed to (?:attach (?:to|multi-uprobe)|create (?!inner map|:)|enable perf_event|auto-attach)|^failed to open /,
  },
  {
    pattern: /tracepoint '.*' perf event ID|tracepoint .* perf_event_open/,
    hint: "Check the tracepoint's name in /sys/kernel/tracing/events",
  },
];

/**
 * The cause of a failure among libbpf's warnings. libbpf reports the cause first, and then, from the inside out, what
 * failed because of it. Undefined if no warning names a cause.
 */
export function causeOf(texts: readonly string[]): Cause | undefined {
  const own = texts.filter((text) => !PASSED.test(text) && !GENERIC.test(text));
  const found = own.map((text) => [text, rowOf(text)] as const);
  const [text, row] = found.find(([, row]) => row !== undefined) ?? found[0] ?? [];
  if (text === undefined) return undefined;
  const words = withoutErrno(
    text
      .trim()
      .replace(/\s+/g, " ")
      .replace(/^(?:prog|map) '[^']*': /, ""),
  );
  if (row === undefined) return { words };
  const { hint, code, pattern } = row;
  const names =
    pattern
      .exec(text)
      ?.slice(1)
      .map((name) => name ?? "") ?? [];
  const advice = typeof hint === "function" ? hint(...names) : hint;
  return { words, ...(advice !== undefined && { hint: advice }), ...(code !== undefined && { code }) };
}

/** Whether the tables cover a warning. */
export function isKnown(text: string): boolean {
  return PASSED.test(text) || GENERIC.test(text) || rowOf(text) !== undefined;
}

function rowOf(text: string): Row | undefined {
  return CAUSES.find(({ pattern }) => pattern.test(text));
}

/** The error has its own errno: "EINVAL (EINVAL)" adds nothing. */
function withoutErrno(text: string): string {
  return text.replace(ERRNO, "") || text;
}
