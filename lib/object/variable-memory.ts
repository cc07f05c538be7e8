/** Variables of a loaded object: the memory that libbpf mapped for .data, .bss and .rodata (Linux 5.5). */
import { Flag } from "../constants";
import { errnoName, isErrno, MapError, type Operation } from "../errors";
import { ArrayMap } from "../map/array";
import type { RawMap } from "../map/element-map";
import type { BpfMap } from "../map/map";
import { native, type VariableDescription } from "../native";
import type { Lifetime } from "../native/lifetime";
import type { VariableMemory } from "./variables";

/**
 * The memory of an object's variables.
 *
 * @param indexOf index of each section's map, by the section's BTF id
 * @param maps the object's maps by name, for access to sections that are not mapped
 */
export function memoryOf(
  lifetime: Lifetime,
  indexOf: ReadonlyMap<number, number>,
  maps: Readonly<Record<string, BpfMap>>,
): VariableMemory {
  const access = (call: "memoryRead" | "memoryWrite", variable: VariableDescription, bytes: Uint8Array) => {
    const handle = lifetime.handle(lifetime.name, OPERATIONS[call]);
    const status = native[call](handle, indexOf.get(variable.sectionId) ?? -1, variable.offset, bytes);
    if (status >= 0) return;
    const map = maps[variable.section];
    const isLookedUp = isErrno(status, "ERANGE") && map instanceof ArrayMap && !(map.flags & Flag.MMAPABLE);
    if (!isLookedUp || !elementAccess(call, map.raw, variable, bytes))
      throw failure(OPERATIONS[call], variable, status);
  };
  return {
    live: true,
    sizeOf: ({ size }) => size,
    read(variable) {
      const bytes = new Uint8Array(variable.size);
      access("memoryRead", variable, bytes);
      return bytes;
    },
    write: (variable, bytes) => access("memoryWrite", variable, bytes),
  };
}

const OPERATIONS = { memoryRead: "variable.get", memoryWrite: "variable.set" } as const;

const ONLY = new Uint8Array(4);

/**
 * A section is one map value. Parts of it can be read, but only the whole can be written, which would overwrite
 * concurrent writes of programs.
 */
function elementAccess(
  call: "memoryRead" | "memoryWrite",
  section: RawMap,
  { offset, size }: VariableDescription,
  bytes: Uint8Array,
): boolean {
  if (call === "memoryWrite") {
    const isWhole = offset === 0 && size === section.valueSize;
    if (isWhole) section.set(ONLY, bytes);
    return isWhole;
  }
  const value = section.get(ONLY)?.subarray(offset, offset + size);
  if (value?.length !== size) return false;
  bytes.set(value);
  return true;
}

function failure(operation: Operation, { name, section }: VariableDescription, status: number): MapError {
  const errno = errnoName(status);
  const details = { operation, map: section, errno };
  // The addon returns EROFS itself without asking the kernel, which would return EPERM.
  if (isErrno(status, "EROFS")) {
    const hint = "Set it on the ObjectSpec before load, or make it a non-const global";
    return new MapError("ERR_BPF_MAP", `variable ${name} is constant: ${section} was frozen at load`, {
      ...{ ...details, errno: "EPERM" },
      hint,
    });
  }
  if (isErrno(status, "ENOENT")) {
    const hint = `Leave the autocreate of map ${section} on. libbpf turns it off if the kernel lacks global data (before Linux 5.2)`;
    return new MapError("ERR_BPF_MAP", `variable ${name} has no memory: the map ${section} was not created`, {
      ...details,
      hint,
    });
  }
  if (!isErrno(status, "ERANGE"))
    return new MapError("ERR_BPF_MAP", `variable ${name}: can't map the memory of ${section} (${errno})`, details);
  const hint = `Keep the flag BPF_F_MMAPABLE of map ${section} (Linux 5.5); of a section with a kernel-managed field, such as a bpf_spin_lock, move the variable into another`;
  return new MapError("ERR_BPF_MAP", `variable ${name} is not in mapped memory (${errno})`, { ...details, hint });
}
