/** Policy: pinned programs that are replaced without a moment in which none decides. */
import { ArgumentError, ClosedError } from "../errors";
import { type Link, openLink } from "../link/link";
import type { LoadOptions } from "../object/load-options";
import type { BpfObject } from "../object/object";
import { ObjectSpec } from "../object/object-spec";
import type { AnyShape, ObjectShape } from "../object/shape";
import {
  anyFunction,
  anyObject,
  boolean,
  checkArgument,
  checkOptions,
  custom,
  filled,
  oneOf,
  record,
  type Schema,
} from "../options";
import type { AttachOptionsFor } from "../program/attach/attach";
import { refuseOthers } from "../receivers";
import { PolicyFolder } from "./folder";
import { type Given, type Outcomes, type ProgramOutcome, putInForce } from "./put-in-force";
import type { MapOutcome, Migrate } from "./state";

/** Options of {@link Policy.adoptOrReplace}. */
export interface PolicyOptions<S extends ObjectShape = AnyShape> extends LoadOptions {
  /**
   * Attach options by program. A program whose section says where it is attached needs none; others are not attached
   * without. One whose `autoattach` is off is not attached either.
   */
  attach?: { readonly [N in keyof S["programs"]]?: AttachOptionsFor<S["programs"][N]> };
  /**
   * What becomes of the state of maps that changed, by map: a function that moves it, or "reset". Without it, keys and
   * values of a map that only changed its type or size are copied, variables have their initial values, and any other
   * change is an error.
   */
  migrate?: { readonly [N in keyof S["maps"]]?: Migrate | "reset" };
  /**
   * Sets up the loaded object, such as its rules, before a program of it is attached. In maps that are adopted it changes
   * what is in force. It is called each time; if it fails, the version that was in force stays.
   */
  beforeAttach?: (object: BpfObject<S>) => void | Promise<void>;
}

const migration = custom<Migrate | "reset">(
  'a function or "reset"',
  (value) => typeof value === "function" || value === "reset",
);
const OPTIONS: Schema<PolicyOptions> = {
  attach: record(anyObject),
  migrate: record(migration),
  beforeAttach: anyFunction,
  precheck: oneOf("auto", "tables", "probe", "off"),
  allowUnsafe: boolean,
};
const aSpec = custom<ObjectSpec>("an ObjectSpec, as open() returns it", (value) => value instanceof ObjectSpec);

/**
 * Programs that decide, such as LSM programs, with their maps and links, pinned in a folder of bpffs so that they outlive
 * the process; and the only owner of that folder, until it is closed or the process ends.
 */
export class Policy<S extends ObjectShape = AnyShape> implements Disposable, AsyncDisposable {
  static {
    refuseOthers(Policy, (value) => #folder in value);
  }

  /**
   * The object. Its maps and variables are those of the programs in force. A program that was adopted is in force as
   * another copy with the same instructions: `links` tells which.
   */
  readonly object: BpfObject<S>;
  /** The links, by program. */
  readonly links: Readonly<Record<string, Link>>;
  /** What became of each program, those of the version before included. */
  readonly programs: Readonly<Record<string, ProgramOutcome>>;
  /** What became of each map, those of the version before included. */
  readonly maps: Readonly<Record<string, MapOutcome>>;
  readonly #folder: PolicyFolder;
  #closed = false;

  /** @internal */
  constructor(folder: PolicyFolder, object: BpfObject<S>, outcomes: Outcomes) {
    if (!(folder instanceof PolicyFolder))
      throw new ArgumentError("a policy is made by Policy.adoptOrReplace(), not by its class");
    const { programs, maps } = outcomes;
    this.#folder = folder;
    this.object = object;
    this.programs = programs;
    this.maps = maps;
    this.links = openLinks(folder, Object.keys(programs));
  }

  /**
   * Puts an object in force in place of what is pinned in a folder, without a moment in which neither decides. What is
   * the same is adopted: programs with the same instructions, maps of the same types and sizes, links to the same place.
   * If nothing differs, nothing is changed. Otherwise the new programs are attached beside the old ones, the pins are
   * swapped, and then the old ones are detached; while both are attached, both decide, and an operation happens only if
   * both allow it. A link that can be updated ({@link Link.update}) is.
   *
   * A failure leaves what was in force. A crash leaves the old version, both, or the new one; the next call finishes or
   * takes back what was begun. Links must be pinnable: since Linux 5.7, for perf events since 5.15.
   *
   * @param spec the object; its `pinPath` and `reuse` of maps are kept
   * @param folder path in bpffs, of this policy only; it is made if it is missing
   * @throws {@link BpfError} ERR_BPF_BUSY if another process owns the folder; ERR_BPF_PIN if something else is pinned
   *   there, or others could change it; ERR_BPF_MAP if state would be lost, see {@link PolicyOptions.migrate};
   *   ERR_BPF_NOT_SUPPORTED for struct_ops maps
   * @throws what {@link ObjectSpec.load}, {@link Program.attach} and {@link Link.pin} throw
   */
  static async adoptOrReplace<S extends ObjectShape = AnyShape>(
    spec: ObjectSpec<S>,
    folder: string,
    options?: PolicyOptions<S>,
  ): Promise<Policy<S>> {
    const callee = { name: "adoptOrReplace", details: { operation: "policy.adoptOrReplace" } } as const;
    checkArgument(callee, "spec", spec, aSpec);
    checkArgument(callee, "folder", folder, filled);
    const given = checkOptions(callee, options as PolicyOptions | undefined, OPTIONS);
    const place = PolicyFolder.claim(folder);
    try {
      const { object, outcomes } = await putInForce(spec as unknown as ObjectSpec, place, given as Given);
      try {
        return new Policy<S>(place, object as unknown as BpfObject<S>, outcomes);
      } catch (error) {
        object.close();
        throw error;
      }
    } catch (error) {
      place.release();
      throw error;
    }
  }

  /** True after `close()` or `unpin()`. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Closes the object and the links, and lets the next owner in. The policy stays in force. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const link of Object.values(this.links)) link.close();
    this.object.close();
    this.#folder.release();
  }

  /** Same as `close()`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Waits for pending test runs, then closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.object[Symbol.asyncDispose]();
    this.close();
  }

  /**
   * Ends the policy: removes its pins, links first, and closes it.
   *
   * @throws {@link BpfError} ERR_BPF_PIN if a pin can't be removed; {@link ClosedError} after it is closed
   */
  unpin(): void {
    if (this.#closed) throw new ClosedError(`policy ${this.#folder.path}`, "policy.unpin");
    this.#folder.remove("current");
    this.#folder.removeAll();
    this.close();
  }
}

/** Opens the pinned links of programs: all or none. */
function openLinks(folder: PolicyFolder, programs: readonly string[]): Record<string, Link> {
  const links: Record<string, Link> = {};
  try {
    for (const name of programs)
      if (folder.hasPin("current", "links", name)) links[name] = openLink(folder.in("current", "links", name));
  } catch (error) {
    for (const link of Object.values(links)) link.close();
    throw error;
  }
  return links;
}
