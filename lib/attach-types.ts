/** Names of enum bpf_attach_type. */
import { AttachType } from "./constants";

/** enum bpf_attach_type in lower case: "cgroup_inet_ingress", "trace_fentry", "tcx_egress" … */
export type AttachTypeName = Lowercase<keyof typeof AttachType>;

const entries = Object.entries(AttachType).map(([name, value]) => [value, name.toLowerCase()] as const);
const names = new Map<number, string>(entries);
const numbers = new Map<string, number>(entries.map(([value, name]) => [name, value]));

/** "type 99" for a type that is newer than this library. */
export function attachTypeName(type: number): string {
  return names.get(type) ?? `type ${type}`;
}

export function attachTypeNumber(name: AttachTypeName): number {
  return numbers.get(name) as number;
}
