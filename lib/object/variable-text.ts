/** Sets variables from text. */
import { valueLike } from "../codec/value-text";
import { ArgumentError } from "../errors";
import { nearest } from "../nearest";
import type { Variables } from "./variables";

/** Values of global variables as text, by name. */
export type VariableTexts = Iterable<readonly [name: string, text: string]>;

/** Sets variables, as {@link setFromText} does. */
export function setAllFromText(variables: Variables, texts: VariableTexts): void {
  for (const [name, text] of texts) setFromText(variables, name, text);
}

/**
 * Sets a variable.
 *
 * @param text JSON of its type, or a plain number or string
 * @throws {@link ArgumentError} for an unknown variable, or a value that does not fit
 */
export function setFromText(variables: Variables, name: string, text: string): void {
  if (!(name in variables)) {
    const meant = nearest(name, Object.keys(variables));
    throw new ArgumentError(`the object has no variable ${JSON.stringify(name)}`, {
      operation: "variable.set",
      hint: meant === undefined ? `It has: ${Object.keys(variables).join(", ") || "none"}` : `Did you mean ${meant}?`,
    });
  }
  const form = variables[name] as Variables[string];
  if (typeof form !== "string" || text.startsWith('"')) variables[name] = valueLike(text, form);
  else if (!isTaken(variables, name, text)) variables[name] = valueLike(text, form);
}

/** A text is a string or an enumerator; an enum takes a number too. */
function isTaken(variables: Variables, name: string, text: string): boolean {
  try {
    variables[name] = text;
    return true;
  } catch (error) {
    if (error instanceof ArgumentError && /^-?\d|^0x/i.test(text)) return false;
    throw error;
  }
}
