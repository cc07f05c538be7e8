/** The error for an object file that no compiler produces. */
import { ObjectError } from "../errors";

export function damagedObject(name: string, operation: "open" | "check", what: string): ObjectError {
  const hint = "Recompile it, or copy it again";
  return new ObjectError("ERR_BPF_OBJECT_INVALID", `${name} is damaged: ${what}`, { operation, hint });
}
