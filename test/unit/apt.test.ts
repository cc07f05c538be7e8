/** Parses apt's output. */
import { retriesOf } from "../../lib/testing/apt";

test("faults that apt recovered from", () => {
  const output = `Get:1 http://mirror.example/debian bookworm/main amd64 clang amd64 1:14.0-55 [12 kB]
Ign:2 http://mirror.example/debian bookworm/main amd64 busybox-static amd64 1:1.35
  503  Service Unavailable [IP: 192.0.2.1 80]
Ign:3 http://mirror.example/debian/pool/main/z/zlib/zlib_1.3.1.orig.tar.gz
Get:2 http://mirror.example/debian bookworm/main amd64 busybox-static amd64 1:1.35 [900 kB]
`;
  expect(retriesOf(output)).toEqual([
    "bookworm/main amd64 busybox-static amd64 1:1.35: retried (503  Service Unavailable)",
    "zlib_1.3.1.orig.tar.gz: retried, a transfer failed",
  ]);
  expect(retriesOf("Get:1 http://mirror.example/debian bookworm InRelease\n")).toEqual([]);
});
