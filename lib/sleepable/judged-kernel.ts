/** A kernel as the rules look at it: questions to its facts, and to what is known of its version. */
import { isSince, parseVersion, seriesNumber, type Version } from "../compare-versions";
import { type Fact, given, isKnown } from "../kernel/fact";
import type { KernelFacts, ProbedKind } from "../kernel/kernel-facts";
import { checkArgument, custom } from "../options";
import type { Input } from "../verdict";

/** The series that the tables go up to; what a later kernel took out of a set, nobody here knows. */
export const NEWEST = "7.3";
/** The release that BPF_F_SLEEPABLE came with (1e6c62a88215). */
export const OLDEST = "5.10";

/** A change of the kernel's rules. */
export interface Change {
  /** The mainline release that has it first. */
  since: string;
  /** The first patch level of the stable series that took it over. */
  stable?: Readonly<Record<string, number>>;
  /** Stable releases took it over without order: what exact versions were seen to do. */
  seen?: Readonly<Record<string, boolean>>;
  /** Stable series that are not listed may have it too. */
  stray?: true;
  commit?: string;
}

/** A change that reached stable releases without order: what exact versions were seen to do. */
export interface Removal {
  since?: string;
  until: string;
  seen?: Readonly<Record<string, boolean>>;
  /** The first release that may not have it any more. */
  unsure?: string;
}

/** The facts whose values are lists of names. */
type Listing = {
  [Key in keyof KernelFacts]: KernelFacts[Key] extends Fact<string[]> ? Key : never;
}[keyof KernelFacts];

const LOOKUPS_WITHOUT_SET = 24;

const views = new WeakMap<KernelFacts, Kernel>();

export const kernelFacts = custom<KernelFacts>(
  "what kernelFacts(), kernelProfile() or readProfile() gives",
  (value) => typeof value === "object" && (value as KernelFacts | null)?.format === 1,
);

export class Kernel {
  readonly #sets = new Map<Listing, ReadonlySet<string>>();
  readonly #asked = new Map<Listing, number>();
  /** Undefined if the version is not known, or says nothing of the rules. */
  readonly version: Version | undefined;
  /** For sentences: "Linux 6.12.117". */
  readonly label: string;

  private constructor(readonly facts: KernelFacts) {
    const version = parseVersion(given(facts.version) ?? "");
    const isReliable = version !== undefined && given(facts.backports) === "";
    this.version = isReliable && seriesNumber(version) <= seriesNumber(NEWEST) ? version : undefined;
    this.label = isKnown(facts.version) ? `Linux ${facts.version.value}` : "this kernel";
  }

  static of(facts: KernelFacts): Kernel {
    checkArgument({ name: "judge", details: { operation: "judge" } }, "facts", facts, kernelFacts);
    const found = views.get(facts) ?? new Kernel(facts);
    views.set(facts, found);
    return found;
  }

  /** Whether a list of names has a name; undefined if the list is not known. */
  lists(listing: Listing, name: string): boolean | undefined {
    const names = given(this.facts[listing]);
    if (names === undefined) return undefined;
    // A set of a kernel's 50,000 functions takes longer to make than a few look-ups without.
    const asked = (this.#asked.get(listing) ?? 0) + 1;
    this.#asked.set(listing, asked);
    if (asked <= LOOKUPS_WITHOUT_SET) return names.includes(name);
    const set = this.#sets.get(listing) ?? new Set(names);
    this.#sets.set(listing, set);
    return set.has(name);
  }

  /** An option of the configuration; undefined if the configuration is not known. */
  config(option: string): string | undefined {
    return given(this.facts.config)?.[option];
  }

  /** Whether this kernel has a change; undefined if its version does not tell. */
  has({ since, stable = {}, seen = {}, stray }: Change): boolean | undefined {
    if (this.version === undefined) return undefined;
    if (isSince(this.version, since)) return true;
    const { major, minor, patch } = this.version;
    if (stray || Object.keys(seen).some((version) => version.startsWith(`${major}.${minor}.`))) {
      return this.#seen(seen, (patch, at, there) => (there ? patch >= at : patch <= at));
    }
    const from = stable[`${major}.${minor}`];
    if (from === undefined) return false;
    return patch === undefined ? undefined : patch >= from;
  }

  /** {@link has}, for a release alone. */
  since(series: string): boolean | undefined {
    return this.has({ since: series });
  }

  /**
   * Whether what one release gave and another took is still there. A stable release may have taken it earlier: seen there
   * at 6.12.117, it is gone from then on; seen present at 6.1.192, it was so before; in between, nobody knows.
   */
  still({ since = OLDEST, until, unsure = until, seen = {} }: Removal): boolean | undefined {
    if (this.version === undefined) return undefined;
    if (this.since(until) || !this.since(since)) return false;
    const seenThere = this.#seen(seen, (patch, at, there) => (there ? patch <= at : patch >= at));
    return seenThere ?? (this.version.patch === 0 && !this.since(unsure) ? true : undefined);
  }

  /** What a stable release seen of this series tells of this one. */
  #seen(
    seen: Readonly<Record<string, boolean>>,
    tells: (patch: number, at: number, there: boolean) => boolean,
  ): boolean | undefined {
    const { major, minor, patch } = this.version as Version;
    const series = `${major}.${minor}.`;
    if (patch === undefined) return undefined;
    const found = Object.entries(seen).find(
      ([version, there]) => version.startsWith(series) && tells(patch, Number(version.slice(series.length)), there),
    );
    return found?.[1];
  }

  /** What a kernel of this build answered about a target, if it was asked. */
  probed(kind: string, target: string): { accepted: boolean; input: Input } | undefined {
    const answers = given(this.facts.probed)?.[kind as ProbedKind];
    const accepted = answers?.accepted.includes(target) ?? false;
    if (!accepted && !answers?.refused.includes(target)) return undefined;
    return { accepted, input: input("probed", this.facts.probed, accepted ? "accepted" : "refused") };
  }

  /** The version as the input of a rule. */
  get versionInput(): Input {
    return input("version", this.facts.version);
  }

  /** Why the version does not tell, for `unknown`. */
  get versionDoubt(): string {
    const backports = given(this.facts.backports);
    if (backports) return `${backports} takes BPF over from newer kernels, so that ${this.label} says little`;
    if (!isKnown(this.facts.version)) return `its version is not known (${this.facts.version.unknown})`;
    if (this.version === undefined) return `it is newer than what is known here (${NEWEST})`;
    return "stable releases differ, and this one has not been seen";
  }
}

/** A fact as the input of a rule. */
export function input(name: string, fact: Fact<unknown>, show?: string): Input {
  if (!isKnown(fact)) return { name, value: "unknown", origin: fact.unknown };
  return { name, value: show ?? String(fact.value), origin: fact.origin };
}
