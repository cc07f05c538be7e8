/** Validates a profile: every fact must be present and well-formed. */

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === "string";
const number: Check = (value) => typeof value === "number" && Number.isFinite(value);
const truth: Check = (value) => typeof value === "boolean";
const texts: Check = (value) => Array.isArray(value) && value.every(text);
const record =
  (of: Check): Check =>
  (value) =>
    typeof value === "object" && value !== null && !Array.isArray(value) && Object.values(value).every(of);
const answers: Check = (value) => {
  const { accepted, refused } = (value ?? {}) as { accepted?: unknown; refused?: unknown };
  return texts(accepted) && texts(refused);
};
const memlock: Check = (value) => {
  const { charged, limit } = (value ?? {}) as { charged?: unknown; limit?: unknown };
  return truth(charged) && (limit === null || number(limit));
};

/** The facts of {@link KernelFacts}, with a check of the value. */
const FACTS: Readonly<Record<string, Check>> = {
  release: text,
  version: text,
  build: text,
  backports: text,
  architecture: text,
  config: record(text),
  lsms: texts,
  lockdown: text,
  capabilities: texts,
  initialUserNamespace: truth,
  seccomp: truth,
  unprivilegedBpfDisabled: number,
  memlock,
  bpffs: text,
  securityfs: text,
  tracefs: text,
  debugfs: text,
  btfSize: number,
  lsmHooks: texts,
  iterators: texts,
  tracepoints: texts,
  functions: texts,
  structOps: record(texts),
  programTypes: texts,
  mapTypes: texts,
  btfModules: texts,
  errorInjection: texts,
  probed: record(answers),
};

/** The fault in a profile; undefined if valid. Unknown facts, from later versions, are ignored. */
export function validateProfile(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "it is not a JSON object";
  const profile = value as Record<string, unknown>;
  if (profile.format !== 1) {
    return profile.format === undefined
      ? 'it has no "format"'
      : `its format is ${String(profile.format)}, but only 1 is supported`;
  }
  for (const [name, check] of Object.entries(FACTS)) {
    const problem = validateFact(profile[name], check);
    if (problem !== undefined) return `its fact "${name}" ${problem}`;
  }
  return undefined;
}

function validateFact(fact: unknown, check: Check): string | undefined {
  if (typeof fact !== "object" || fact === null) return "is missing";
  const { value, origin, unknown } = fact as { value?: unknown; origin?: unknown; unknown?: unknown };
  if (text(unknown) && value === undefined) return undefined;
  if (value === undefined || !text(origin))
    return "has neither a value with its origin nor the reason why it is unknown";
  return check(value) ? undefined : "has a value of the wrong form";
}
