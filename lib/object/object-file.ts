/** What an object file says by itself: read once, however often it is opened. */
import { Btf, BtfKindError } from "../btf/btf";
import { damagedObject } from "../elf/damaged-object";
import { type ElfSection, readSections, stringAt } from "../elf/elf";
import { unsound, variableOutside } from "../elf/relocation-bounds";
import { type StructOpsSlot, structOpsSlots } from "../elf/struct-ops";
import { giveOwnNames } from "../elf/unique-names";
import { ObjectError } from "../errors";
import { type Description, native, type OpenRequest } from "../native";
import { deliver, type LogCallback } from "../native/log";
import { loadError } from "./load-error";
import { type FactsReader, factsReader } from "./program-facts";

/** Files that are compared with one that is opened. */
const RECENT = 8;

/** Those opened last. What nobody has a use for may go at any time. */
let recent: WeakRef<ObjectFile>[] = [];

export class ObjectFile {
  readonly request: OpenRequest;
  readonly label: string;
  readonly license: string;
  /** Undefined if it is newer than this library. */
  readonly btf: Btf | undefined;
  readonly description: Description;
  /** What struct_ops programs are for. */
  readonly structOps: readonly StructOpsSlot[];
  readonly #sections: readonly ElfSection[];
  #facts: FactsReader | undefined;

  private constructor(request: OpenRequest, label: string, onLog: LogCallback | undefined) {
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
    this.description = native.describe(request);
    deliver(this.description, onLog);
    const { status, hasBtf } = this.description;
    if (status === 0 && !hasBtf) throw damagedBtf(label, "libbpf does not take it");
    if (status < 0) throw loadError({ ...this.description, stage: "open" }, label, []);
    const { btf } = this;
    giveOwnNames(this.description, sections);
    this.structOps = btf === undefined ? [] : structOpsSlots(sections, btf, this.description.variables);
  }

  /**
   * A file as it is to be opened; the same if it was opened so before.
   *
   * @throws {@link ObjectError} if it is no BPF object for this machine
   */
  static of(request: OpenRequest, label: string, onLog: LogCallback | undefined): ObjectFile {
    const others = recent.flatMap((reference) => reference.deref() ?? []);
    const known = others.find((file) => file.label === label && isSame(file.request, request));
    if (known !== undefined) deliver(known.description, onLog);
    const file = known ?? new ObjectFile(request, label, onLog);
    const order = [file, ...others.filter((other) => other !== file)].slice(0, RECENT);
    recent = order.map((one) => new WeakRef(one));
    return file;
  }

  /**
   * What the precheck asks.
   *
   * @throws {@link ObjectError} for an object that is damaged where libbpf looks at load only
   */
  get facts(): FactsReader {
    const { btf, request, description, structOps } = this;
    this.#facts ??= factsReader(request.name, this.#sections, btf, description.variables, structOps);
    return this.#facts;
  }
}

function isSame({ bytes, ...one }: OpenRequest, { bytes: others, ...other }: OpenRequest): boolean {
  const keys = Object.keys(one) as (keyof typeof one)[];
  return keys.every((key) => one[key] === other[key]) && Buffer.compare(bytes, others) === 0;
}

/** libbpf before 1.3 believes every offset in BTF, and reads through null where it names no text. */
function soundBtf(bytes: Uint8Array, label: string): Btf | undefined {
  let fault: string | undefined;
  try {
    const btf = new Btf(bytes, undefined, label);
    fault = btf.fault()?.what;
    if (fault === undefined) return btf;
  } catch (error) {
    // What came later than this library is left to libbpf.
    if (error instanceof BtfKindError) return undefined;
    fault = (error as Error).message;
  }
  throw damagedBtf(label, fault);
}

function damagedBtf(label: string, fault: string): ObjectError {
  const hint = "Compile it again with clang -g";
  return new ObjectError("ERR_BPF_OBJECT_INVALID", `${label} has damaged BTF: ${fault}`, { operation: "open", hint });
}
