/** Which libbpf is in use. */
import { lazy } from "./lazy";
import { native } from "./native";

/** The libbpf in use: its version, and whether it is the bundled one or the system's. */
export const libbpf: { readonly version: string; readonly linkage: "bundled" | "system" } = lazy({
  version: () => native.libbpfVersion.replace(/^v/, ""),
  linkage: () => native.libbpfLinkage,
});
