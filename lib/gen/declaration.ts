/** C declarations for doc comments: one line, with the bodies of unnamed types omitted. */
import type { BtfType } from "../btf/types";
import { inComment } from "./names";

/** The declaration of a name, such as `char comm[16]`, `void (*done)(struct work *)` or `__u32 flags : 3`. */
export function declaration(type: BtfType, name: string, bitSize = 0): string {
  const bits = bitSize === 0 ? "" : ` : ${bitSize}`;
  return inComment(`${declare(type, name, 0)}${bits}`);
}

/** The type without a name: `struct event *`. */
export const typeName = (type: BtfType): string => declaration(type, "");

/** Builds the declaration from the inside out. `inner` is the declarator so far, around the name. */
function declare(type: BtfType, inner: string, depth: number): string {
  const word = (text: string) => (/^(?:$|\[)/.test(inner) ? text + inner : `${text} ${inner}`);
  if (depth > 32) return word("…");
  switch (type.kind) {
    case "void":
      return word("void");
    case "struct":
    case "union":
      return word(`${type.kind} ${type.name || "{ … }"}`);
    case "enum":
    case "enum64":
      return word(`enum ${type.name || "{ … }"}`);
    case "fwd":
      return word(`${type.of} ${type.name}`);
    case "ptr": {
      const { kind } = type.target;
      const grouped = kind === "array" || kind === "func_proto" ? `(*${inner})` : `*${inner}`;
      return declare(type.target, grouped, depth + 1);
    }
    case "array":
      return declare(type.element, `${inner}[${type.length || ""}]`, depth + 1);
    case "func_proto": {
      const parameters = type.parameters.map(({ name, type: of }) =>
        name === "" && of.kind === "void" ? "..." : declare(of, name, depth + 1),
      );
      return declare(type.result, `${inner}(${parameters.join(", ") || "void"})`, depth + 1);
    }
    case "const":
    case "volatile":
    case "restrict": {
      const qualifier = type.kind === "restrict" ? "__restrict" : type.kind;
      // A pointer's qualifier follows its star; other qualifiers precede the type.
      if (type.target.kind !== "ptr") return `${qualifier} ${declare(type.target, inner, depth + 1)}`;
      return declare(type.target, inner === "" ? qualifier : `${qualifier} ${inner}`, depth + 1);
    }
    case "type_tag":
      return declare(type.target, inner, depth + 1);
    case "func":
      return declare(type.prototype, type.name, depth + 1);
    default:
      return word(type.name);
  }
}
