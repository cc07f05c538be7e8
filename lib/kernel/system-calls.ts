/** Matches the functions of system calls in BTF on all architectures. SYSCALL_DEFINE in the kernel creates them. */
export const SYSTEM_CALL = /^__(?:x64|ia32|arm64|s390x|riscv|do|se)_(?:compat_)?sys_/;
