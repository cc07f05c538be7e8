/**
 * Values of an object that are constant after load: read-only variables, the kernel's configuration and version, and
 * which kernel types and functions exist.
 */
import type { Btf } from "../btf/btf";
import { BtfKind } from "../btf/btf-kinds";
import { parseVersion } from "../compare-versions";
import type { Constants } from "../elf/control-flow";
import type { CoreResolver } from "../elf/core-resolve";
import type { ElfSection } from "../elf/elf";
import { little } from "../endian";
import { given } from "../kernel/fact";
import type { KernelFacts } from "../kernel/kernel-facts";
import type { MapSpec } from "../map/map-spec";
import type { VariableDescription } from "../native";
import { hasKfunc } from "../sleepable/availability";
import { Kernel } from "../sleepable/judged-kernel";

/** The settings of an object, and the kernel it is judged for. */
export interface Settings {
  maps: readonly MapSpec[];
  license: string;
  /** Contents of a section of variables, by the BTF id of its type. */
  contents(sectionId: number): Uint8Array;
  /** Identifies what differs from the compiled contents. */
  changes: string;
  /** Lines of a kernel configuration that override the kernel's. */
  kconfig: string | undefined;
  /** The kernel that the object is judged for; its constants decide branches. */
  kernel: KernelFacts | undefined;
  /** A BTF file that replaces the kernel's. */
  btfPath: string | undefined;
}

interface Compiled {
  sections: readonly ElfSection[];
  variables: readonly VariableDescription[];
  btf: Btf;
  /** Resolves CO-RE relocations to types; undefined if the kernel's types are not known here. */
  core: () => CoreResolver | undefined;
  /** Resolves functions. These are always the kernel's own, even if `btfPath` is set. */
  functions: () => CoreResolver | undefined;
}

export function constantsOf(
  settings: Settings,
  mapOf: (reference: string) => MapSpec | undefined,
  { sections, variables, btf, core, functions }: Compiled,
): Constants {
  const { kernel } = settings;
  const contents = new Map<string, Uint8Array>();
  const isChanged = (name: string, prototype: number) => functions()?.isLike(name, prototype) === false;
  return {
    data(section, offset, size) {
      const bytes = contents.get(section) ?? contentsOf(section);
      contents.set(section, bytes);
      if (offset < 0 || offset + size > bytes.length) return undefined;
      const own = bytes.subarray(offset, offset + size);
      return (little ? own.toReversed() : own).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
    },
    kconfig(name) {
      if (kernel === undefined) return undefined;
      if (name === "LINUX_KERNEL_VERSION") return versionCodes(kernel);
      const config = settings.kconfig === undefined ? given(kernel.config) : undefined;
      const variable = variables.find((one) => one.section === ".kconfig" && one.name === name);
      if (config === undefined || variable === undefined || !name.startsWith("CONFIG_")) return undefined;
      const value = optionValue(config[name.slice("CONFIG_".length)], variable);
      return value === undefined ? undefined : [value, value];
    },
    kfunc(name, prototype) {
      if (kernel === undefined) return undefined;
      const has = hasKfunc(name, Kernel.of(kernel));
      return has && isChanged(name, prototype) ? false : has;
    },
    isChanged,
    isCreated: (map) => mapOf(map)?.autocreate ?? true,
    mapType: (map) => mapOf(map)?.type,
    core: (relocation) => core()?.value(relocation),
  };

  function contentsOf(section: string): Uint8Array {
    const variable = variables.find((one) => one.section === section);
    if (variable !== undefined) return settings.contents(variable.sectionId);
    return sections.find(({ name }) => name === section)?.contents ?? new Uint8Array();
  }

  /** libbpf: set_kcfg_value_tri(), set_kcfg_value_num(). */
  function optionValue(option: string | undefined, { typeId, size }: VariableDescription): bigint | undefined {
    const kind = btf.kind(btf.resolve(typeId));
    // A char holds the letter, a bool whether it is "y", an enum libbpf_tristate more.
    if (size === 1 || (kind !== BtfKind.INT && kind !== BtfKind.ENUM)) return undefined;
    if (option === undefined || option === "n") return 0n;
    if (kind === BtfKind.ENUM) return option === "y" ? 1n : option === "m" ? 2n : undefined;
    return /^(0x[0-9a-f]+|\d+)$/i.test(option) ? BigInt(option) : undefined;
  }
}

/** KERNEL_VERSION() of a kernel, as libbpf computes it; for a series, the range from its first to its last release. */
function versionCodes(kernel: KernelFacts): [bigint, bigint] | undefined {
  const version = parseVersion(given(kernel.version) ?? "");
  if (version === undefined) return undefined;
  const { major, minor, patch } = version;
  const code = (last: number) => BigInt((major << 16) + (minor << 8) + Math.min(last, 255));
  return [code(patch ?? 0), code(patch ?? 255)];
}
