/** Pins programs that other processes loaded. */
import { BpfError, errnoName, isErrno } from "../errors";
import { permissionError } from "../kernel/refusal";
import { native } from "../native";
import { type PinFault, preparePin } from "../native/pins";

/**
 * @internal Pins the program with an id.
 *
 * @throws {@link BpfError} ERR_BPF_PIN if the path is taken, is not in bpffs, or others could replace the pin
 */
export function pinProgram(id: number, path: string): void {
  const what = `program ${id} could not be pinned to ${path}`;
  const failed = ({ what: why, gone: _, ...details }: PinFault) =>
    new BpfError("ERR_BPF_PIN", `${what}: ${why}`, { operation: "program.pin", ...details });
  const fault = preparePin(path);
  if (fault !== undefined) throw failed(fault);
  const status = native.pinById("program", id, path);
  if (status >= 0) return;
  const errno = errnoName(status);
  if (isErrno(status, "EPERM"))
    throw permissionError(what, { operation: "by-id" }, { operation: "program.pin", errno });
  const why = isErrno(status, "EEXIST")
    ? "the path exists"
    : isErrno(status, "ENOENT")
      ? "the program was unloaded"
      : "the kernel refuses";
  throw failed({ what: `${why} (${errno})`, errno });
}
