/** The view of a kernel that the rules use: its facts, and what is known about its version. */
import { isSince, parseVersion, seriesNumber, type Version } from "../compare-versions";
import { runningLists } from "../kernel/btf-facts";
import { type Fact, given, isKnown } from "../kernel/fact";
import type { KernelFacts, ProbedKind } from "../kernel/kernel-facts";
import { isRunning } from "../kernel/running-kernel";
import { OLDEST } from "../kinds";
import { nearest } from "../nearest";
import { checkArgument, custom } from "../options";
import type { Finding, Input } from "../verdict";

/** The last series in the tables. Removals in later kernels are unknown. */
export const NEWEST = "7.3";
/** A change of the kernel's rules. */
export interface Change {
  /** The first mainline release with the change. */
  since: string;
  /** The first patch level of each stable series with the backported change. */
  stable?: Readonly<Record<string, number>>;
  /** Measured exact versions, for a change that stable releases backported in no order. */
  seen?: Readonly<Record<string, boolean>>;
  /** Whether stable series that are not listed may have it too. */
  stray?: true;
  commit?: string;
}

/** A removal that reached stable releases in no order. */
export interface Removal {
  since?: string;
  until: string;
  seen?: Readonly<Record<string, boolean>>;
  /** The first release that may lack it. */
  unsure?: string;
}

/** The facts that are lists of names. */
type Listing = {
  [Key in keyof KernelFacts]: KernelFacts[Key] extends Fact<string[]> ? Key : never;
}[keyof KernelFacts];

const SEARCHES_WITHOUT_SET = 24;

const views = new WeakMap<KernelFacts, Kernel>();

export const kernelFacts = custom<KernelFacts>(
  "a result of kernelFacts(), kernelProfile() or readProfile()",
  (value) => typeof value === "object" && (value as KernelFacts | null)?.format === 1,
);

export class Kernel {
  readonly #asked = new Map<Listing, number>();
  readonly #searches = new Map<readonly string[], { count: number; set?: ReadonlySet<string> }>();
  readonly #alike = new Map<string, string | undefined>();
  /** Undefined if the version is unknown, or not reliable for the rules. */
  readonly version: Version | undefined;
  /** Name for messages: "Linux 6.12.117". */
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

  /** Whether a list contains a name; undefined if the list is unknown. */
  lists(listing: Listing, name: string): boolean | undefined {
    const asked = (this.#asked.get(listing) ?? 0) + 1;
    this.#asked.set(listing, asked);
    // Each search goes through all types of the running kernel.
    const found = asked <= SEARCHES_WITHOUT_SET && isRunning(this.facts) ? runningLists(listing, name) : undefined;
    if (found !== undefined) return found;
    const names = given(this.facts[listing]);
    return names && this.#includes(names, name);
  }

  /** Creating a set of a kernel's 50,000 functions takes longer than a few searches in the array. */
  #includes(names: readonly string[], name: string): boolean {
    const searches = this.#searches.get(names) ?? { count: 0 };
    this.#searches.set(names, searches);
    if (++searches.count <= SEARCHES_WITHOUT_SET) return names.includes(name);
    searches.set ??= new Set(names);
    return searches.set.has(name);
  }

  /** The function whose name is most like one that does not exist. One program is judged several times. */
  functionLike(target: string): string | undefined {
    if (this.#alike.has(target)) return this.#alike.get(target);
    const start = target.slice(0, 3);
    const close = nearest(target, given(this.facts.functions)?.filter((name) => name.startsWith(start)) ?? []);
    this.#alike.set(target, close);
    return close;
  }

  /** A configuration option; undefined if the configuration is unknown. */
  config(option: string): string | undefined {
    return given(this.facts.config)?.[option];
  }

  /** Whether this kernel has a change; undefined if its version does not decide. */
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

  /** {@link has} for a release without stable backports. */
  since(series: string): boolean | undefined {
    return this.has({ since: series });
  }

  /**
   * Whether something that one release added and another removed still exists. A stable release may have removed it
   * earlier: if it is measured as gone at 6.12.117, it is gone from then on; if measured as present at 6.1.192, it was
   * present before; in between it is unknown.
   */
  still({ since = OLDEST, until, unsure = until, seen = {} }: Removal): boolean | undefined {
    if (this.version === undefined) return undefined;
    if (this.since(until) || !this.since(since)) return false;
    const seenThere = this.#seen(seen, (patch, at, there) => (there ? patch <= at : patch >= at));
    return seenThere ?? (this.version.patch === 0 && !this.since(unsure) ? true : undefined);
  }

  /** What a measured stable release of this series implies for this kernel. */
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

  /**
   * The measured answer of a kernel of this build for a target, if any. A program of the kind that sleeps was loaded: a
   * refusal that other findings explain does not tell whether the target may sleep.
   */
  probed(
    kind: string,
    target: string,
    others: readonly Finding[] = [],
  ): { accepted: boolean; input: Input } | undefined {
    const answers = given(this.facts.probed)?.[kind as ProbedKind];
    if (answers === undefined) return undefined;
    const accepted = this.#includes(answers.accepted, target);
    if (!accepted && !this.#includes(answers.refused, target)) return undefined;
    if (!accepted && others.some(({ verdict }) => verdict === "refused")) return undefined;
    return { accepted, input: input("probed", this.facts.probed, accepted ? "accepted" : "refused") };
  }

  /** The version as the input of a rule. */
  get versionInput(): Input {
    return input("version", this.facts.version);
  }

  /** Why the version does not decide, for an `unknown` finding. */
  get versionDoubt(): string {
    const backports = given(this.facts.backports);
    if (backports) return `${backports} backports BPF from newer kernels, so ${this.label} is not conclusive`;
    if (!isKnown(this.facts.version)) return `its version is unknown (${this.facts.version.unknown})`;
    if (this.version === undefined) return `it is newer than the known kernels (${NEWEST})`;
    return "stable releases differ, and this one was not measured";
  }
}

/** A fact as the input of a rule. */
export function input(name: string, fact: Fact<unknown>, show?: string): Input {
  if (!isKnown(fact)) return { name, value: "unknown", origin: fact.unknown };
  return { name, value: show ?? String(fact.value), origin: fact.origin };
}
