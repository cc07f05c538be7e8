/** The end of npm test's output. */
import { check, failed } from "../../scripts/test-results";

test("the end says how each test failed", () => {
  const jest = `  ● precheck › 6.1

    expect(received).toEqual(expected) // deep equality

    - Array []
    + Array ["hook_disabled"]

      36 |       );
    > 37 |       expect(more).toEqual([]);
         |                    ^
      38 |     }

      at Object.<anonymous> (test/machines/profile.test.ts:37:20)

  ● precheck › 7.3

    boom
`;
  const results = [
    { ...check("machines", 0), failures: [jest] },
    check("service", 0, "exit 3\nmore"),
    check("unit", 0),
  ];
  expect(failed(results)).toBe(`FAILED machines: precheck › 6.1
    expect(received).toEqual(expected) // deep equality
    - Array []
    + Array ["hook_disabled"]
FAILED machines: precheck › 7.3
    boom
FAILED service: exit 3
more`);
});
