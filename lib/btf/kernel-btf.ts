/** kernelBtf(): the types of the running kernel and its modules. */
import { readdirSync, readFileSync } from "node:fs";
import { BpfError, errnoName, ObjectError, reading } from "../errors";
import { native, nativeIfLoaded } from "../native";
import { nearest } from "../nearest";
import { checkArgument, custom } from "../options";
import type { TargetSignature } from "../verdict";
import { Btf } from "./btf";
import { BtfError, type BtfSearch } from "./search";
import { signatureOf } from "./signature";

const DIRECTORY = "/sys/kernel/btf";
export const VMLINUX = `${DIRECTORY}/vmlinux`;

let cached: Btf | undefined;

/**
 * @internal The running kernel's BTF from /sys/kernel/btf/vmlinux, which the kernel resolves attach targets with. It
 *   never changes while the kernel runs. Reading and parsing it takes some 20 ms; a tenth of it if the addon is there.
 */
export function vmlinuxBtf(): Btf {
  cached ??= mapped() ?? new Btf(readFileSync(VMLINUX), undefined, "this kernel");
  return cached;
}

function mapped(): Btf | undefined {
  const bytes = nativeIfLoaded()?.btfMap(VMLINUX) ?? 0;
  return typeof bytes === "number" ? undefined : new Btf(bytes, undefined, "this kernel", inNative);
}

/** @internal The addon, as it searches. */
export const inNative: BtfSearch = {
  starts(words) {
    const found = native.btfStarts(words);
    if (typeof found === "number") throw new BtfError("types of unknown kinds");
    return found;
  },
  matches: (...of) => native.btfMatches(...of),
  index: (...of) => native.btfIndex(...of),
  named: (...of) => native.btfNamed(...of),
};

let found: Btf | undefined;

/**
 * The types of the running kernel, or of one of its modules. A module's BTF has the kernel's as `base`.
 *
 * Needs no privilege. Since Linux 5.4, for modules since 5.11. Requires CONFIG_DEBUG_INFO_BTF, or a vmlinux file where
 * libbpf looks for it, such as /boot. libbpf: btf__load_vmlinux_btf(), btf__load_module_btf().
 *
 * @throws {@link ObjectError} if the kernel or that module has no BTF
 * @throws {@link ArgumentError} if `module` is not a string
 */
export function kernelBtf(module?: string): Btf {
  if (module !== undefined) return moduleBtf(module);
  found ??= readKernel();
  return found;
}

/** BTF of modules that have been read. {@link kernelBtfs} uses an entry only while its module is loaded. */
const loaded = new Map<string, Btf>();

/**
 * @internal The kernel's BTF, then that of each module, read on demand: the search order of libbpf for CO-RE
 *   relocations.
 */
export function* kernelBtfs(): Iterable<Btf> {
  yield vmlinuxBtf();
  for (const module of modules()) {
    const known = loaded.get(module) ?? kernelBtf(module);
    loaded.set(module, known);
    yield known;
  }
}

const signatures = new Map<string, TargetSignature | undefined>();

/** @internal The signature of a function of the running kernel; undefined if unknown. */
export function runningSignature(name: string): TargetSignature | undefined {
  if (!signatures.has(name)) signatures.set(name, readSignature(name));
  return signatures.get(name);
}

function readSignature(name: string): TargetSignature | undefined {
  try {
    return signatureOf(vmlinuxBtf(), name);
  } catch {
    return undefined;
  }
}

function readKernel(): Btf {
  const about = { operation: "kernelBtf" } as const;
  try {
    return vmlinuxBtf();
  } catch (cause) {
    if (!isMissing(cause)) throw unreadable("this kernel", cause);
  }
  const bytes = native.btfKernel();
  if (typeof bytes === "number") {
    throw new ObjectError("ERR_BPF_OBJECT_NO_BTF", "this kernel has no BTF", {
      ...about,
      errno: errnoName(bytes),
      hint: "Run a kernel with CONFIG_DEBUG_INFO_BTF=y, or put its vmlinux with BTF into /boot",
    });
  }
  return new Btf(bytes, undefined, "this kernel");
}

const moduleName = custom<string>(
  "a module's name",
  (value) => typeof value === "string" && /^[\w-]+$/.test(value) && value !== "vmlinux",
);

function moduleBtf(module: string): Btf {
  const about = { operation: "kernelBtf" } as const;
  checkArgument({ name: "kernelBtf", details: about }, "module", module, moduleName);
  const base = kernelBtf();
  // The kernel's spelling: snd-hda is snd_hda.
  const name = module.replaceAll("-", "_");
  try {
    return new Btf(readFileSync(`${DIRECTORY}/${name}`), base, `the module ${name}`);
  } catch (cause) {
    if (!isMissing(cause)) throw unreadable(`the module ${name}`, cause);
    const meant = nearest(name, modules());
    throw new ObjectError("ERR_BPF_OBJECT_NOT_FOUND", `the module ${name} has no BTF`, {
      ...about,
      hint: meant === undefined ? `Load the module: modprobe ${name}` : `Did you mean ${meant}?`,
      cause,
    });
  }
}

function modules(): string[] {
  const names = reading("ERR_BPF_OBJECT_UNREADABLE", "kernelBtf", () => readdirSync(DIRECTORY));
  return names.filter((name) => name !== "vmlinux");
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}

function unreadable(label: string, cause: unknown): BpfError {
  if (cause instanceof BpfError) return cause;
  return new ObjectError("ERR_BPF_OBJECT_UNREADABLE", `the BTF of ${label} can't be read`, {
    operation: "kernelBtf",
    hint: (cause as Error).message,
    cause,
  });
}
