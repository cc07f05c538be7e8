// Written by node-libbpf gen from kinds-trace.bpf.o. Do not edit.
import { join } from "node:path";
import {
  type ArrayMap,
  type BpfMap,
  type HashMap,
  type ObjectSpec,
  type OpenOptions,
  open as openObject,
} from "node-libbpf";

/** struct __bpf_usdt_arg_spec: 24 bytes */
export interface __bpf_usdt_arg_spec {
  /** __u64 val_off */
  val_off: bigint;
  /** enum __bpf_usdt_arg_type arg_type : 8 */
  arg_type: __bpf_usdt_arg_type;
  /** __u16 idx_reg_off : 12 */
  idx_reg_off: number;
  /** __u16 scale_bitshift : 4 */
  scale_bitshift: number;
  /** __u8 __reserved : 8 */
  __reserved: number;
  /** short reg_off */
  reg_off: number;
  /** _Bool arg_signed */
  arg_signed: boolean;
  /** char arg_bitshift */
  arg_bitshift: number;
}

/** enum __bpf_usdt_arg_type: 4 bytes */
export const __bpf_usdt_arg_type = {
  BPF_USDT_ARG_CONST: 0,
  BPF_USDT_ARG_REG: 1,
  BPF_USDT_ARG_REG_DEREF: 2,
  BPF_USDT_ARG_SIB: 3,
} as const;
export type __bpf_usdt_arg_type = keyof typeof __bpf_usdt_arg_type | number;

/** struct __bpf_usdt_spec: 304 bytes */
export interface __bpf_usdt_spec {
  /** struct __bpf_usdt_arg_spec args[12] */
  args: __bpf_usdt_arg_spec[];
  /** __u64 usdt_cookie */
  usdt_cookie: bigint;
  /** short arg_cnt */
  arg_cnt: number;
}

/** struct __sk_buff: 192 bytes */
export interface __sk_buff {
  /** __u32 len */
  len: number;
  /** __u32 pkt_type */
  pkt_type: number;
  /** __u32 mark */
  mark: number;
  /** __u32 queue_mapping */
  queue_mapping: number;
  /** __u32 protocol */
  protocol: number;
  /** __u32 vlan_present */
  vlan_present: number;
  /** __u32 vlan_tci */
  vlan_tci: number;
  /** __u32 vlan_proto */
  vlan_proto: number;
  /** __u32 priority */
  priority: number;
  /** __u32 ingress_ifindex */
  ingress_ifindex: number;
  /** __u32 ifindex */
  ifindex: number;
  /** __u32 tc_index */
  tc_index: number;
  /** __u32 cb[5] */
  cb: number[];
  /** __u32 hash */
  hash: number;
  /** __u32 tc_classid */
  tc_classid: number;
  /** __u32 data */
  data: number;
  /** __u32 data_end */
  data_end: number;
  /** __u32 napi_id */
  napi_id: number;
  /** __u32 family */
  family: number;
  /** __u32 remote_ip4 */
  remote_ip4: number;
  /** __u32 local_ip4 */
  local_ip4: number;
  /** __u32 remote_ip6[4] */
  remote_ip6: number[];
  /** __u32 local_ip6[4] */
  local_ip6: number[];
  /** __u32 remote_port */
  remote_port: number;
  /** __u32 local_port */
  local_port: number;
  /** __u32 data_meta */
  data_meta: number;
  /** struct bpf_flow_keys *flow_keys */
  flow_keys?: bigint;
  /** __u64 tstamp */
  tstamp: bigint;
  /** __u32 wire_len */
  wire_len: number;
  /** __u32 gso_segs */
  gso_segs: number;
  /** struct bpf_sock *sk */
  sk?: bigint;
  /** __u32 gso_size */
  gso_size: number;
  /** __u8 tstamp_type */
  tstamp_type: number;
  /** __u64 hwtstamp */
  hwtstamp: bigint;
}

/** struct pt_regs: 168 bytes */
export interface pt_regs {
  /** unsigned long r15 */
  r15: bigint;
  /** unsigned long r14 */
  r14: bigint;
  /** unsigned long r13 */
  r13: bigint;
  /** unsigned long r12 */
  r12: bigint;
  /** unsigned long rbp */
  rbp: bigint;
  /** unsigned long rbx */
  rbx: bigint;
  /** unsigned long r11 */
  r11: bigint;
  /** unsigned long r10 */
  r10: bigint;
  /** unsigned long r9 */
  r9: bigint;
  /** unsigned long r8 */
  r8: bigint;
  /** unsigned long rax */
  rax: bigint;
  /** unsigned long rcx */
  rcx: bigint;
  /** unsigned long rdx */
  rdx: bigint;
  /** unsigned long rsi */
  rsi: bigint;
  /** unsigned long rdi */
  rdi: bigint;
  /** unsigned long orig_rax */
  orig_rax: bigint;
  /** unsigned long rip */
  rip: bigint;
  /** unsigned long cs */
  cs: bigint;
  /** unsigned long eflags */
  eflags: bigint;
  /** unsigned long rsp */
  rsp: bigint;
  /** unsigned long ss */
  ss: bigint;
}

/** What is in kinds-trace.bpf.o. */
export interface KindsTrace {
  programs: {
    /** SEC("fentry/__x64_sys_getpriority") int fentry(void *ctx) */
    fentry: "fentry";
    /** SEC("fentry/__x64_sys_getpriority") int fentry_cookie(void *ctx) */
    fentry_cookie: "fentry";
    /** SEC("fentry.multi/__x64_sys_getpriorit?") int fentry_multi(void *ctx) */
    fentry_multi: "fentry.multi";
    /** SEC("fentry/answer") int fentry_program(void *ctx) */
    fentry_program: "fentry";
    /** SEC("fexit/__x64_sys_getpriority") int fexit(void *ctx) */
    fexit: "fexit";
    /** SEC("fexit/__x64_sys_getpriority") int fexit_cookie(void *ctx) */
    fexit_cookie: "fexit";
    /** SEC("fexit.multi/__x64_sys_getpriorit?") int fexit_multi(void *ctx) */
    fexit_multi: "fexit.multi";
    /** SEC("fexit/answer") int fexit_program(void *ctx) */
    fexit_program: "fexit";
    /** SEC("fmod_ret/security_file_open") int fmod_ret(void *ctx) */
    fmod_ret: "fmod_ret";
    /** SEC("fmod_ret/security_file_open") int fmod_ret_cookie(void *ctx) */
    fmod_ret_cookie: "fmod_ret";
    /** SEC("freplace/answer") int freplace(struct __sk_buff *skb) */
    freplace: "freplace";
    /** SEC("fsession/__x64_sys_getpriority") int fsession(void *ctx) */
    fsession: "fsession";
    /** SEC("fsession.multi/__x64_sys_getpriorit?") int fsession_multi(void *ctx) */
    fsession_multi: "fsession.multi";
    /** SEC("iter/cgroup") int iter_cgroup(struct bpf_iter__cgroup *ctx) */
    iter_cgroup: "iter";
    /** SEC("iter/bpf_map_elem") int iter_map_elem(struct bpf_iter__bpf_map_elem *ctx) */
    iter_map_elem: "iter";
    /** SEC("iter/task") int iter_task(struct bpf_iter__task *ctx) */
    iter_task: "iter";
    /** SEC("kprobe/__x64_sys_getpriority") int kprobe(void *ctx) */
    kprobe: "kprobe";
    /** SEC("kprobe/__x64_sys_getpriority") int kprobe_cookie(void *ctx) */
    kprobe_cookie: "kprobe";
    /** SEC("kprobe.multi/__x64_sys_getpriorit?") int kprobe_multi(void *ctx) */
    kprobe_multi: "kprobe.multi";
    /** SEC("kprobe.multi/__x64_sys_getpriorit?") int kprobe_multi_cookie(void *ctx) */
    kprobe_multi_cookie: "kprobe.multi";
    /** SEC("kprobe.session/__x64_sys_getpriorit?") int kprobe_session(void *ctx) */
    kprobe_session: "kprobe.session";
    /** SEC("kprobe.session/__x64_sys_getpriorit?") int kprobe_session_cookie(void *ctx) */
    kprobe_session_cookie: "kprobe.session";
    /** SEC("kretprobe/__x64_sys_getpriority") int kretprobe(void *ctx) */
    kretprobe: "kretprobe";
    /** SEC("kretprobe/__x64_sys_getpriority") int kretprobe_cookie(void *ctx) */
    kretprobe_cookie: "kretprobe";
    /** SEC("kretprobe.multi/__x64_sys_getpriorit?") int kretprobe_multi(void *ctx) */
    kretprobe_multi: "kretprobe.multi";
    /** SEC("kretprobe.multi/__x64_sys_getpriorit?") int kretprobe_multi_cookie(void *ctx) */
    kretprobe_multi_cookie: "kretprobe.multi";
    /** SEC("kretsyscall/getpriority") int kretsyscall(void *ctx) */
    kretsyscall: "kretsyscall";
    /** SEC("kretsyscall/getpriority") int kretsyscall_cookie(void *ctx) */
    kretsyscall_cookie: "kretsyscall";
    /** SEC("ksyscall/getpriority") int ksyscall(void *ctx) */
    ksyscall: "ksyscall";
    /** SEC("ksyscall/getpriority") int ksyscall_cookie(void *ctx) */
    ksyscall_cookie: "ksyscall";
    /** SEC("lsm/file_open") int lsm(void *ctx) */
    lsm: "lsm";
    /** SEC("lsm/file_open") int lsm_cookie(void *ctx) */
    lsm_cookie: "lsm";
    /** SEC("perf_event") int perf_event(void *ctx) */
    perf_event: "perf_event";
    /** SEC("perf_event") int perf_event_cookie(void *ctx) */
    perf_event_cookie: "perf_event";
    /** SEC("raw_tp/sys_enter") int raw_tp(void *ctx) */
    raw_tp: "raw_tp";
    /** SEC("raw_tp/sys_enter") int raw_tp_cookie(void *ctx) */
    raw_tp_cookie: "raw_tp";
    /** SEC("raw_tp.w/bpf_test_finish") int raw_tp_writable(void *ctx) */
    raw_tp_writable: "raw_tp.w";
    /** SEC("raw_tp.w/bpf_test_finish") int raw_tp_writable_cookie(void *ctx) */
    raw_tp_writable_cookie: "raw_tp.w";
    /** SEC("tc") int target(struct __sk_buff *skb) */
    target: "tc";
    /** SEC("tp_btf/sys_enter") int tp_btf(void *ctx) */
    tp_btf: "tp_btf";
    /** SEC("tp_btf/sys_enter") int tp_btf_cookie(void *ctx) */
    tp_btf_cookie: "tp_btf";
    /** SEC("tracepoint/syscalls/sys_enter_getpriority") int tracepoint(void *ctx) */
    tracepoint: "tracepoint";
    /** SEC("tracepoint/syscalls/sys_enter_getpriority") int tracepoint_cookie(void *ctx) */
    tracepoint_cookie: "tracepoint";
    /** SEC("uprobe") int uprobe(void *ctx) */
    uprobe: "uprobe";
    /** SEC("uprobe") int uprobe_cookie(void *ctx) */
    uprobe_cookie: "uprobe";
    /** SEC("uprobe.multi") int uprobe_multi(void *ctx) */
    uprobe_multi: "uprobe.multi";
    /** SEC("uprobe.multi") int uprobe_multi_cookie(void *ctx) */
    uprobe_multi_cookie: "uprobe.multi";
    /** SEC("uprobe.session") int uprobe_session(void *ctx) */
    uprobe_session: "uprobe.session";
    /** SEC("uprobe.session") int uprobe_session_cookie(void *ctx) */
    uprobe_session_cookie: "uprobe.session";
    /** SEC("uretprobe") int uretprobe(void *ctx) */
    uretprobe: "uretprobe";
    /** SEC("uretprobe") int uretprobe_cookie(void *ctx) */
    uretprobe_cookie: "uretprobe";
    /** SEC("uretprobe.multi") int uretprobe_multi(void *ctx) */
    uretprobe_multi: "uretprobe.multi";
    /** SEC("uretprobe.multi") int uretprobe_multi_cookie(void *ctx) */
    uretprobe_multi_cookie: "uretprobe.multi";
    /** SEC("usdt") int usdt(struct pt_regs *ctx) */
    usdt: "usdt";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .kconfig */
    ".kconfig": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_HASH, max_entries 1024, key long, value __u32 */
    __bpf_usdt_ip_to_spec_id: HashMap<bigint, number>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 256, key int, value struct __bpf_usdt_spec */
    __bpf_usdt_specs: ArrayMap<__bpf_usdt_spec>;
  };
  variables: {
    /** const _Bool LINUX_HAS_BPF_COOKIE, in .kconfig */
    readonly LINUX_HAS_BPF_COOKIE: boolean;
    /** __u64 cookie, in .bss */
    cookie: bigint;
    /** int last_pid, in .bss */
    last_pid: number;
    /** __u64 runs, in .bss */
    runs: bigint;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens kinds-trace.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<KindsTrace> {
  const source = join(__dirname, "kinds-trace.bpf.o");
  return openObject<KindsTrace>(source, options);
}
