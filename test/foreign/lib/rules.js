/** Parses "65534, 1000" to numbers. */
export function parseUsers(text) {
  return text
    .split(",")
    .filter((part) => part.trim() !== "")
    .map((part) => {
      if (!/^\s*\d+\s*$/.test(part)) throw new TypeError(`not a user id: ${part}`);
      return Number(part);
    });
}
