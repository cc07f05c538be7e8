/**
 * LSM hooks: which have ever been allowed to sleep, from and until which release. Source: sleepable_lsm_hooks in
 * kernel/bpf/bpf_lsm.c (5.10: btf_sleepable_lsm_hooks in kernel/bpf/verifier.c) of the named versions, and the commits
 * in between.
 */

import type { Change } from "./judged-kernel";

/** When a hook may sleep. */
export interface HookHistory {
  /** The first release whose set contains it. */
  since: string;
  /** The commit that added it, if known. */
  commit?: string;
  /** The first release whose set no longer contains it; the hook itself may be gone too. */
  until?: string;
  /**
   * It was also removed from some stable releases: the measured answers of exact versions. In between it is unknown
   * (CVE-2026-63865 says that 6.1.175 removed inet_conn_established, but 6.1.192 still has it).
   */
  seen?: Readonly<Record<string, boolean>>;
  /** The first release that may lack it. */
  unsure?: string;
  /**
   * Whether the hook itself was added by that release. If an older kernel has it, it was backported, and it is unknown
   * with which other changes.
   */
  born?: true;
  /** Why it was removed from the set. */
  why?: string;
  /** The configuration option that the hook depends on. */
  config?: string;
}

/** 5.11: "bpf: Augment the set of sleepable LSM hooks". */
const SET_5_11 = `
  bpf bpf_map bpf_prog bprm_check_security bprm_committing_creds bprm_creds_for_exec bprm_creds_from_file
  capget capset cred_prepare file_ioctl file_lock file_open file_receive inode_create inode_free_security
  inode_getattr inode_getxattr inode_mknod inode_post_setxattr inode_readlink inode_rename inode_rmdir
  inode_setattr inode_setxattr inode_symlink inode_unlink kernel_module_request kernfs_init_security mmap_file
  netlink_send path_notify release_secctx sb_alloc_security sb_eat_lsm_opts sb_kern_mount sb_mount sb_remount
  sb_set_mnt_opts sb_show_options sb_statfs sb_umount settime socket_accept socket_bind socket_connect
  socket_create socket_getpeername socket_getpeersec_dgram socket_getsockname socket_getsockopt socket_listen
  socket_post_create socket_recvmsg socket_sendmsg socket_shutdown socket_socketpair syslog task_alloc
  task_prctl task_setscheduler
`;

/** 6.8: hooks on paths. */
const SET_6_8 =
  "path_unlink path_mkdir path_rmdir path_truncate path_symlink path_link path_rename path_chmod path_chown";

const names = (text: string): string[] => text.split(/\s+/).filter(Boolean);

function all(text: string, history: HookHistory): [string, HookHistory][] {
  return names(text).map((name) => [name, { ...history, ...guard(name) }]);
}

/** Hooks that depend on the configuration (include/linux/lsm_hook_defs.h). */
function guard(name: string): { config: string } | undefined {
  if (name === "path_notify") return undefined;
  if (name.startsWith("path_")) return { config: "SECURITY_PATH" };
  if (name.startsWith("socket_") || name === "inet_conn_established") return { config: "SECURITY_NETWORK" };
  return name === "key_free" ? { config: "KEYS" } : undefined;
}

/** Every hook that a released kernel allowed to sleep. */
export const SLEEPABLE_HOOKS: ReadonlyMap<string, HookHistory> = new Map([
  ["bprm_committed_creds", { since: "5.10", commit: "1e6c62a88215" }],
  ...all(SET_5_11, { since: "5.11", commit: "423f16108c9d" }),
  ...all("inode_need_killpriv", { since: "5.11", commit: "423f16108c9d" }),
  ...all("inet_conn_established", {
    since: "5.11",
    commit: "423f16108c9d",
    until: "7.1",
    seen: { "6.1.192": true, "6.12.117": false, "6.19.14": true, "7.0.13": false },
    why: "it runs in softirq context (beaf0e96b1da, CVE-2026-63865)",
  }),
  ...all("task_to_inode", {
    since: "5.11",
    commit: "423f16108c9d",
    until: "7.1",
    seen: { "6.1.192": false, "6.12.117": false, "6.19.14": true, "7.0.13": false },
    why: "it runs under rcu_read_lock (beaf0e96b1da, CVE-2026-63865)",
  }),
  ...all("bpf_map_alloc_security bpf_map_free_security", { since: "5.11", commit: "423f16108c9d", until: "6.9" }),
  ...all("key_free", { since: "5.11", commit: "423f16108c9d", until: "6.12" }),
  ...all("kernel_read_file", { since: "5.18" }),
  ...all("task_getsecid", { since: "5.11", commit: "423f16108c9d", until: "5.13" }),
  ...all("task_getsecid_subj", { since: "5.13", until: "5.17" }),
  ...all("task_getsecid_obj", { since: "5.13", until: "6.13" }),
  ...all("current_getsecid_subj", { since: "5.17", until: "6.13" }),
  ...all("userns_create", { since: "6.1", born: true }),
  ...all(SET_6_8, { since: "6.8" }),
  ...all("bpf_map_create bpf_map_free bpf_prog_load bpf_token_create bpf_token_free bpf_token_cmd bpf_token_capable", {
    since: "6.9",
    born: true,
  }),
  ...all("bpf_prog_free", {
    since: "6.9",
    until: "7.3",
    unsure: "7.2",
    seen: { "6.12.117": false, "6.19.14": true, "7.0.13": true, "7.1.13": true, "7.2.12": false },
    why: "it runs where sleeping is forbidden (2ce3f548cfc6, CVE-2026-93173)",
  }),
  ...all("file_post_open", { since: "6.11" }),
  ...all("inode_removexattr inode_post_removexattr", { since: "6.15" }),
  ...all("bdev_alloc_security bdev_setintegrity", { since: "7.1", commit: "46df585fcff7" }),
]);

/**
 * Hooks that BPF programs can't use, sleeping or not (bpf_lsm_disabled_hooks, commit 21c7063f6d08 in 6.12, backported
 * to 6.1.178).
 */
export const DISABLED_HOOKS: ReadonlyMap<string, Change> = new Map<string, Change>([
  ...names(
    "vm_enough_memory inode_need_killpriv inode_getsecurity inode_listsecurity inode_copy_up_xattr getprocattr setprocattr key_getsecurity audit_rule_match ismaclabel",
  ).map((name) => [name, { since: "6.12", stable: { "6.1": 178 } }] as const),
  ["getselfattr", { since: "6.12" }],
  // Added in June 2026, to stable releases as well.
  ["xfrm_decode_session", { since: "7.3", stray: true, seen: { "6.1.192": true, "6.12.117": true, "6.19.14": false } }],
  ["file_alloc_security", { since: "6.19" }],
]);

/** Functions of the BPF LSM itself that are named like hooks. */
export const NOT_HOOKS: ReadonlySet<string> = new Set(
  names(
    "init func_proto verify_prog is_sleepable_hook is_trusted find_cgroup_shim get_retval_range has_d_inode_locked hook_returns_errno get_disabled_hooks",
  ),
);

/**
 * Every hook of include/linux/lsm_hook_defs.h in 5.10, 6.1, 6.12 or 7.3. A hook that is not listed was added later, or
 * added and removed in between.
 */
export const KNOWN_HOOKS: ReadonlySet<string> = new Set(
  names(`
  audit_rule_free audit_rule_init audit_rule_known audit_rule_match backing_file_alloc backing_file_free
  bdev_alloc_security bdev_free_security bdev_setintegrity binder_set_context_mgr binder_transaction
  binder_transfer_binder binder_transfer_file bpf bpf_map bpf_map_alloc_security bpf_map_create bpf_map_free
  bpf_map_free_security bpf_prog bpf_prog_alloc_security bpf_prog_free bpf_prog_free_security bpf_prog_load
  bpf_token_capable bpf_token_cmd bpf_token_create bpf_token_free bprm_check_security bprm_committed_creds
  bprm_committing_creds bprm_creds_for_exec bprm_creds_from_file capable capget capset cred_alloc_blank
  cred_free cred_getlsmprop cred_getsecid cred_prepare cred_transfer current_getlsmprop_subj
  current_getsecid_subj d_instantiate dentry_create_files_as dentry_init_security file_alloc_security
  file_fcntl file_free_security file_ioctl file_ioctl_compat file_lock file_mprotect file_open file_permission
  file_post_open file_receive file_release file_send_sigiotask file_set_fowner file_truncate fs_context_dup
  fs_context_parse_param fs_context_submount getprocattr getselfattr ib_alloc_security
  ib_endport_manage_subnet ib_free_security ib_pkey_access inet_conn_established inet_conn_request
  inet_csk_clone initramfs_populated inode_alloc_security inode_copy_up inode_copy_up_xattr inode_create
  inode_file_getattr inode_file_setattr inode_follow_link inode_free_security inode_free_security_rcu
  inode_get_acl inode_getattr inode_getlsmprop inode_getsecctx inode_getsecid inode_getsecurity inode_getxattr
  inode_init_security inode_init_security_anon inode_invalidate_secctx inode_killpriv inode_link
  inode_listsecurity inode_listxattr inode_mkdir inode_mknod inode_need_killpriv inode_notifysecctx
  inode_permission inode_post_create_tmpfile inode_post_remove_acl inode_post_removexattr inode_post_set_acl
  inode_post_setattr inode_post_setxattr inode_readlink inode_remove_acl inode_removexattr inode_rename
  inode_rmdir inode_set_acl inode_setattr inode_setintegrity inode_setsecctx inode_setsecurity inode_setxattr
  inode_symlink inode_unlink inode_xattr_skipcap ipc_getlsmprop ipc_getsecid ipc_permission ismaclabel
  kernel_act_as kernel_create_files_as kernel_load_data kernel_module_request kernel_post_load_data
  kernel_post_read_file kernel_read_file kernfs_init_security key_alloc key_free key_getsecurity
  key_permission key_post_create_or_update locked_down lsmprop_to_secctx mmap_addr mmap_backing_file mmap_file
  move_mount mptcp_add_subflow msg_msg_alloc_security msg_msg_free_security msg_queue_alloc_security
  msg_queue_associate msg_queue_free_security msg_queue_msgctl msg_queue_msgrcv msg_queue_msgsnd netlink_send
  path_chmod path_chown path_chroot path_link path_mkdir path_mknod path_notify path_post_mknod path_rename
  path_rmdir path_symlink path_truncate path_unlink perf_event_alloc perf_event_free perf_event_open
  perf_event_read perf_event_write post_notification ptrace_access_check ptrace_traceme quota_on quotactl
  release_secctx req_classify_flow sb_add_mnt_opt sb_alloc_security sb_clone_mnt_opts sb_delete
  sb_eat_lsm_opts sb_free_mnt_opts sb_free_security sb_kern_mount sb_mnt_opts_compat sb_mount sb_pivotroot
  sb_remount sb_set_mnt_opts sb_show_options sb_statfs sb_umount sctp_assoc_established sctp_assoc_request
  sctp_bind_connect sctp_sk_clone secctx_to_secid secid_to_secctx secmark_refcount_dec secmark_refcount_inc
  secmark_relabel_packet sem_alloc_security sem_associate sem_free_security sem_semctl sem_semop setprocattr
  setselfattr settime shm_alloc_security shm_associate shm_free_security shm_shmat shm_shmctl
  sk_alloc_security sk_clone_security sk_free_security sk_getsecid sock_graft socket_accept socket_bind
  socket_connect socket_create socket_getpeername socket_getpeersec_dgram socket_getpeersec_stream
  socket_getsockname socket_getsockopt socket_listen socket_post_create socket_recvmsg socket_sendmsg
  socket_setsockopt socket_shutdown socket_sock_rcv_skb socket_socketpair syslog task_alloc task_fix_setgid
  task_fix_setgroups task_fix_setuid task_free task_getioprio task_getlsmprop_obj task_getpgid
  task_getscheduler task_getsecid task_getsecid_obj task_getsid task_kill task_movememory task_prctl
  task_prlimit task_setioprio task_setnice task_setpgid task_setrlimit task_setscheduler task_to_inode
  tun_dev_alloc_security tun_dev_attach tun_dev_attach_queue tun_dev_create tun_dev_free_security tun_dev_open
  unix_find unix_may_send unix_stream_connect uring_allowed uring_cmd uring_override_creds uring_sqpoll
  userns_create vm_enough_memory watch_key xfrm_decode_session xfrm_policy_alloc_security
  xfrm_policy_clone_security xfrm_policy_delete_security xfrm_policy_free_security xfrm_policy_lookup
  xfrm_state_alloc xfrm_state_alloc_acquire xfrm_state_delete_security xfrm_state_free_security
  xfrm_state_pol_flow_match
`),
);
