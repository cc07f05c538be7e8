/** What the ways to attach a program have in common: what they take, and what they return. */

import { closeSync, openSync } from "node:fs";
import type { Codec } from "../../codec/codec";
import { ArgumentError, AttachError } from "../../errors";
import type { AttachMechanism, ProgramKind } from "../../kinds";
import { type Handle, native, type Outcome } from "../../native";
import type { Lifetime } from "../../native/lifetime";
import { custom, type Expected, filled, integer, type Schema, withFd } from "../../options";

/** What attaching needs to know of a program. */
export interface Attachable {
  readonly name: string;
  readonly section: string;
  readonly kind: ProgramKind;
  /** enum bpf_attach_type. */
  readonly attachType: number;
  readonly attachTarget: string | undefined;
  readonly sleepable: boolean;
}

/** Where the program is: in libbpf's object, and in the kernel. */
export interface Place {
  readonly handle: Handle;
  readonly index: number;
  readonly fd: number;
  readonly lifetime: Lifetime;
  /** Whether it was opened by its pin or id: libbpf does not know it. */
  readonly opened: boolean;
  /** For an iterator that declares its records: their codec. */
  readonly records?: Codec<unknown> | undefined;
}

/** The result of a native call: of libbpf, with its messages, or of the kernel, a handle or -errno. */
export type Attached =
  | Outcome
  | {
      readonly status: number;
      /** Why the kernel has no link for the attachment; undefined if it has one. */
      readonly linkless?: string;
    };

/** A way to attach programs: its options, and the call. */
export interface Mechanism<O extends object> {
  readonly schema: Schema<O>;
  /** The first release with an option, or with a value of it, where it is newer than the kind. */
  readonly since?: { readonly [N in keyof O]?: string | ((value: O[N]) => string | undefined) };
  /** Those of `since` that older kernels ignore instead of refusing them. */
  readonly ignored?: readonly (keyof O)[];
  /**
   * What the program is attached to, for errors. Where it is absent, the options `function` or `target`, or the
   * section's target.
   */
  readonly target?: (program: Attachable, options: O) => string | undefined;
  readonly attach: (program: Attachable, place: Place, options: O) => Attached;
}

/** A mechanism with the options of a type; checked by the compiler. */
export type Mechanisms<Options extends { [M in AttachMechanism]: object }> = {
  readonly [M in AttachMechanism]: Mechanism<Options[M]>;
};

/** A cgroup or network namespace: its path, or an open file descriptor. */
export const pathOrFd: Expected<string | number> = {
  fault: (value) => (typeof value === "string" ? filled : descriptorOrPath).fault(value),
};
const descriptorOrPath = custom<number>(
  "a path or a file descriptor",
  (value) => Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= 0x7fffffff,
);

/** The name of a file in errors; "" for none. */
export function nameOf(what: string, file: string | number | undefined): string {
  return typeof file === "number" ? `${what} of file descriptor ${file}` : (file ?? "");
}

/** Something of the kernel's with a file descriptor: a program or a map. */
export interface HasFd {
  /** Its file descriptor in this process. */
  readonly fd: number;
}
export const program = withFd("a program");
export const map = withFd("a map");

/** A priority as netfilter and tc have it. */
export const int32 = integer(-0x80000000, 0x7fffffff);

export function about({ name, section, attachTarget }: Attachable) {
  const operation = "program.attach" as const;
  return { operation, program: name, section, ...(attachTarget !== undefined && { target: attachTarget }) };
}

export function argument(program: Attachable, message: string, hint?: string): ArgumentError {
  return new ArgumentError(`program ${program.name} (${program.section}) ${message}`, {
    ...about(program),
    ...(hint && { hint }),
  });
}

/** Refuses two options that exclude each other. */
export function onlyOne<O extends object>(program: Attachable, options: O, names: readonly (keyof O & string)[]): void {
  const [one, another] = names.filter((name) => options[name] !== undefined);
  if (another !== undefined) throw argument(program, `takes one of the attach options ${one} and ${another}, got both`);
}

/** A list that goes with the places must be as long. */
export function ofEach(program: Attachable, name: string, values: readonly unknown[] | undefined, count: number): void {
  if (values !== undefined && values.length !== count)
    throw argument(program, `attach option ${name} must have a value for each place: ${count}, got ${values.length}`);
}

/** Calls with the descriptor of a file, which is closed afterwards if a path was given. */
export function withFile(program: Attachable, file: string | number, call: (fd: number) => Attached): Attached {
  if (typeof file === "number") return call(file);
  let fd: number;
  try {
    fd = openSync(file, "r");
  } catch (cause) {
    const errno = (cause as NodeJS.ErrnoException).code ?? "EIO";
    throw new AttachError(
      "ERR_BPF_ATTACH",
      `program ${program.name} (${program.section}) could not be attached: ${file} can't be opened (${errno})`,
      { ...about(program), target: file, errno, cause, hint: "Check that the path exists and that it can be read" },
    );
  }
  try {
    return call(fd);
  } finally {
    closeSync(fd);
  }
}

/** The index of a network interface in this process's network namespace. */
export function interfaceIndex(program: Attachable, name: string | undefined): number {
  if (name === undefined) throw argument(program, "needs a network interface", "Pass attach({ interface })");
  const index = native.interfaceIndex(name);
  if (index > 0) return index;
  throw new AttachError(
    "ERR_BPF_ATTACH",
    `program ${program.name} (${program.section}) could not be attached: there is no network interface ${name} (ENODEV)`,
    {
      ...{ ...about(program), target: name, errno: "ENODEV" },
      hint: "Check the interface's name, and that it is in this process's network namespace: ip link",
    },
  );
}
