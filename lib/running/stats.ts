/** enableStats(): has the kernel count run times. */
import { BpfError, errnoName, isErrno } from "../errors";
import { permissionError } from "../kernel/refusal";
import { native } from "../native";
import { onCollected } from "../native/collected";

/** Statistics that are enabled until this is closed, garbage-collected, or the process ends. */
export interface EnabledStats extends Disposable {
  /** Stops this request for statistics; others go on. Idempotent. */
  close(): void;
}

/**
 * Has the kernel count the runs of all programs and measure their time: {@link ProgramInfo.runTimeNs} and
 * {@link ProgramInfo.runCount} grow while at least one request is open, of this process or another. Costs each run some
 * 20 nanoseconds. Needs CAP_SYS_ADMIN. Since Linux 5.8. libbpf: bpf_enable_stats(BPF_STATS_RUN_TIME).
 *
 * @throws {@link PermissionError} without CAP_SYS_ADMIN
 * @throws {@link BpfError} ERR_BPF_NOT_SUPPORTED before Linux 5.8
 */
export function enableStats(): EnabledStats {
  const handle = native.statsEnable();
  if (handle < 0) throw notEnabled(handle);
  let isOpen = true;
  const stats: EnabledStats = {
    close() {
      if (!isOpen) return;
      isOpen = false;
      forget();
      native.statsDisable(handle);
    },
    [Symbol.dispose]() {
      stats.close();
    },
  };
  const forget = onCollected(stats, () => native.statsDisable(handle));
  return stats;
}

function notEnabled(status: number): BpfError {
  const what = "statistics can't be enabled";
  const details = { operation: "enableStats", errno: errnoName(status) } as const;
  if (isErrno(status, "EPERM")) return permissionError(what, { operation: "by-id" }, details);
  if (!isErrno(status, "EINVAL")) return new BpfError("ERR_BPF_NOT_SUPPORTED", `${what} (${details.errno})`, details);
  const hint = "Before Linux 5.8: sysctl kernel.bpf_stats_enabled=1";
  return new BpfError("ERR_BPF_NOT_SUPPORTED", `${what}: this kernel has no BPF_ENABLE_STATS`, { ...details, hint });
}
