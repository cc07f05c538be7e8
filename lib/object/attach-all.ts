/** Attaches everything of an object. */
import { ArgumentError, AttachError, BpfError } from "../errors";
import { attachesItself } from "../kinds";
import type { Link } from "../link/link";
import type { BpfMap } from "../map/map";
import { StructOpsMap } from "../map/special-maps";
import { boolean, checkOptions, type Schema } from "../options";
import type { Program } from "../program/program";

/** Options of {@link BpfObject.attach}. */
export interface AttachAllOptions {
  /** Go on after a failure: what failed is in {@link AttachReport.failures}. Default: detach everything and throw. */
  partial?: boolean;
}

/** The result of {@link BpfObject.attach}; each record has names of programs and struct_ops maps. */
export interface AttachReport {
  /** What was attached. */
  readonly links: Readonly<Record<string, Link>>;
  /** What the kernel or this library refused; empty without `partial`. */
  readonly failures: Readonly<Record<string, BpfError>>;
  /** What its section alone does not attach, and why. */
  readonly skipped: Readonly<Record<string, string>>;
}

const OPTIONS: Schema<AttachAllOptions> = { partial: boolean };

interface Everything {
  readonly name: string;
  /** With whether it is to be attached: loaded, and with autoattach. */
  readonly programs: readonly (readonly [Program, boolean])[];
  readonly maps: readonly BpfMap[];
}

export function attachAll({ name, programs, maps }: Everything, options: AttachAllOptions | undefined): AttachReport {
  const details = { operation: "object.attach" } as const;
  const { partial = false } = checkOptions({ name: "attach", of: `object ${name}`, details }, options, OPTIONS);
  const links: Record<string, Link> = Object.create(null);
  const failures: Record<string, BpfError> = Object.create(null);
  const skipped: Record<string, string> = Object.create(null);
  const attempt = (item: string, attach: () => Link) => {
    try {
      links[item] = attach();
    } catch (error) {
      if (
        error instanceof ArgumentError ||
        (error instanceof AttachError && error.errno === undefined && error.code === "ERR_BPF_ATTACH")
      )
        skipped[item] = error.message;
      else if (partial && error instanceof BpfError) failures[item] = error;
      else throw error;
    }
  };
  try {
    for (const [program, wanted] of programs) {
      if (!wanted) continue;
      if (attachesItself(program.kind)) attempt(program.name, () => program.attach());
      else skipped[program.name] = `the section of a ${program.kind} program does not say where to attach it`;
    }
    for (const map of maps) if (map instanceof StructOpsMap) attempt(map.name, () => map.attach());
  } catch (error) {
    // Newest first, as close() does.
    for (const link of Object.values(links).reverse()) link.detach();
    throw error;
  }
  return { links, failures, skipped };
}
