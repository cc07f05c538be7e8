/** Variables of a loaded object: the memory that libbpf mapped for .data, .bss and .rodata (Linux 5.5). */
import { errnoName, isErrno, MapError } from "../errors";
import { native, type VariableDescription } from "../native";
import type { Lifetime } from "./lifetime";
import type { VariableMemory } from "./variables";

/** @param indexOf the index of each section's map, by the section's BTF id */
export function memoryOf(lifetime: Lifetime, indexOf: ReadonlyMap<number, number>): VariableMemory {
  const access = (call: "memoryRead" | "memoryWrite", variable: VariableDescription, bytes: Uint8Array) => {
    const handle = lifetime.handle(lifetime.name, `variables.${variable.name}`);
    const status = native[call](handle, indexOf.get(variable.sectionId) ?? -1, variable.offset, bytes);
    if (status < 0) throw failure(call, variable, status);
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

function failure(call: "memoryRead" | "memoryWrite", { name, section }: VariableDescription, status: number): MapError {
  const errno = errnoName(status);
  const details = { operation: `variables.${name}`, map: section, errno };
  if (call === "memoryWrite" && isErrno(status, "EPERM")) {
    const hint = "Set it on the ObjectSpec before load, or make it a non-const global";
    return new MapError("ERR_BPF_MAP", `variable ${name} is constant: ${section} was frozen at load`, {
      ...details,
      hint,
    });
  }
  if (isErrno(status, "ENOENT")) {
    const hint = `Leave the autocreate of map ${section} on. Without global data (before Linux 5.2) libbpf turns it off`;
    return new MapError("ERR_BPF_MAP", `variable ${name} has no memory: the map ${section} was not created`, {
      ...details,
      hint,
    });
  }
  return new MapError("ERR_BPF_MAP", `variable ${name} is not in mapped memory (${errno})`, details);
}
