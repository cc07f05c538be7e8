/** The contents of an object file, read once even if it is opened repeatedly. */
import { Btf } from "../btf/btf";
import { hasManaged, holdsManaged } from "../btf/fields";
import { BtfKindError } from "../btf/search";
import { damagedObject } from "../elf/damaged-object";
import { type ElfSection, readSections, stringAt } from "../elf/elf";
import { unsound, variableOutside } from "../elf/relocation-bounds";
import { type StructOpsSlot, structOpsSlots } from "../elf/struct-ops";
import { giveOwnNames } from "../elf/unique-names";
import { ObjectError } from "../errors";
import { type Description, type MapDescription, native, type OpenRequest } from "../native";
import { deliver, type LogCallback } from "../native/log";
import type { Slices } from "../slices";
import { loadError } from "./load-error";
import { type FactsReader, factsReader } from "./program-facts";

/** Number of recent files that an opened file is compared with. */
const RECENT = 8;

/** The most recently opened files. Unused ones can be garbage-collected. */
let recent: WeakRef<ObjectFile>[] = [];

/** Starts with the bytes before anything here reads them, and returns what gives libbpf's description of them. */
export type Describer = (request: OpenRequest, label: string) => () => Description;

const describeHere: Describer = (request) => () => native.describe(request);

export class ObjectFile {
  readonly request: OpenRequest;
  readonly label: string;
  readonly license: string;
  /** Undefined if the BTF is newer than this library. */
  readonly btf: Btf | undefined;
  readonly description: Description;
  /** The struct members that struct_ops programs implement. */
  readonly structOps: readonly StructOpsSlot[];
  readonly #sections: readonly ElfSection[];
  #facts: FactsReader | undefined;
  #hasManaged: boolean | undefined;

  private constructor(request: OpenRequest, label: string, onLog: LogCallback | undefined, describer: Describer) {
    const describe = describer(request, label);
    const sections = readSections(request.bytes, label);
    const contents = (name: string) => sections.find((section) => section.name === name)?.contents ?? new Uint8Array();
    this.#sections = sections;
    this.request = request;
    this.label = label;
    this.license = stringAt(contents("license"), 0);
    const fault = unsound(sections, request.bytes.length);
    if (fault !== undefined) throw damagedObject(label, "open", fault);
    this.btf = soundBtf(contents(".BTF"), label);
    const outside = this.btf && variableOutside(sections, this.btf);
    if (outside !== undefined) throw damagedObject(label, "open", outside);
    this.description = describe();
    deliver(this.description, onLog);
    const { status, hasBtf } = this.description;
    if (status === 0 && !hasBtf) throw damagedBtf(label, "libbpf rejects it");
    if (status < 0) throw loadError({ ...this.description, stage: "open" }, label, []);
    const { btf } = this;
    giveOwnNames(this.description, sections);
    this.structOps = btf === undefined ? [] : structOpsSlots(sections, btf, this.description.variables);
  }

  /**
   * The file for a request; returns the same object if it was opened with the same request before.
   *
   * @throws {@link ObjectError} if it is not a BPF object for this machine
   */
  static of(
    request: OpenRequest,
    label: string,
    onLog: LogCallback | undefined,
    describer: Describer = describeHere,
  ): ObjectFile {
    const others = recent.flatMap((reference) => reference.deref() ?? []);
    const known = others.find((file) => file.label === label && isSame(file.request, request));
    if (known !== undefined) deliver(known.description, onLog);
    const file = known ?? new ObjectFile(request, label, onLog, describer);
    const order = [file, ...others.filter((other) => other !== file)].slice(0, RECENT);
    recent = order.map((one) => new WeakRef(one));
    return file;
  }

  /**
   * Whether a map is a section of global variables, whose memory is shared with the kernel. libbpf omits the flag if all
   * variables are static (map_is_mmapable()), because skeletons do not name them, and removes it if the kernel does not
   * support it (Linux 5.5). A section with kernel-managed fields, such as SEC(".data.A") static struct bpf_spin_lock, is
   * none: the kernel refuses to map it (bpf_map_mmap()), and libbpf's load would fail.
   */
  isShared({ internal, valueTypeId }: MapDescription): boolean {
    const { btf } = this;
    const section = internal && valueTypeId !== 0 ? btf?.type(valueTypeId) : undefined;
    if (btf === undefined || section?.kind !== "datasec") return false;
    this.#hasManaged ??= hasManaged(btf);
    if (!this.#hasManaged) return true;
    return !section.variables.some(({ variable }) => variable.kind === "var" && holdsManaged(variable.type));
  }

  /**
   * The facts for the precheck.
   *
   * @throws {@link ObjectError} for an object with damage that libbpf detects only at load
   */
  *facts(): Slices<FactsReader> {
    const { btf, request, description, structOps } = this;
    this.#facts ??= yield* factsReader(request.name, this.#sections, btf, description.variables, structOps);
    return this.#facts;
  }
}

function isSame({ bytes, ...one }: OpenRequest, { bytes: others, ...other }: OpenRequest): boolean {
  const keys = Object.keys(one) as (keyof typeof one)[];
  return keys.every((key) => one[key] === other[key]) && Buffer.compare(bytes, others) === 0;
}

/** libbpf before 1.3 trusts every offset in BTF, and dereferences null for an invalid string offset. */
function soundBtf(bytes: Uint8Array, label: string): Btf | undefined {
  let fault: string | undefined;
  try {
    const btf = new Btf(bytes, undefined, label);
    fault = btf.fault()?.what;
    if (fault === undefined) return btf;
  } catch (error) {
    // libbpf handles BTF that is newer than this library.
    if (error instanceof BtfKindError) return undefined;
    fault = (error as Error).message;
  }
  throw damagedBtf(label, fault);
}

function damagedBtf(label: string, fault: string): ObjectError {
  const hint = "Recompile it with clang -g";
  return new ObjectError("ERR_BPF_OBJECT_INVALID", `${label} has damaged BTF: ${fault}`, { operation: "open", hint });
}
