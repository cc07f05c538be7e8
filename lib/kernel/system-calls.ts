/** The names that BTF has for system calls, by architecture. SYSCALL_DEFINE in the kernel makes them. */
export const SYSTEM_CALL = /^__(?:x64|ia32|arm64|s390x|riscv|do|se)_(?:compat_)?sys_/;
