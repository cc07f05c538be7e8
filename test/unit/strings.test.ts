/** Strings in bytes. */
import { assert, nat, property, uint8Array } from "fast-check";
import { latin1, textAt, textIn } from "../../lib/strings";

test("a string read alone is the one read from all of them, whatever the bytes", () => {
  const bytes = uint8Array({ maxLength: 40 });
  assert(
    property(bytes, nat(45), (bytes, offset) => {
      expect(textIn(bytes, offset)).toBe(textAt(latin1(bytes), offset));
    }),
  );
});
