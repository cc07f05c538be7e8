/** The error of an object that no compiler makes. */
import { ObjectError } from "../errors";

export function damagedObject(name: string, operation: "open" | "check", what: string): ObjectError {
  const hint = "Compile it again, or copy it again";
  return new ObjectError("ERR_BPF_OBJECT_INVALID", `${name} is damaged: ${what}`, { operation, hint });
}
