/** BTF that clang writes for rare C is not damaged: it can be opened, described, written and checked. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kernelProfile, open, readBtf } from "node-libbpf";
import { toC } from "../../lib/btf/c";
import { toJson } from "../../lib/btf/json";
import { build } from "../../lib/build/build";
import { generateModule } from "../../lib/gen/module";
import { renderTypes } from "../../lib/gen/typescript-types";
import { diagnose } from "../compile-modules";

const SOURCE = `
#define SEC(n) __attribute__((section(n), used))
char LICENSE[] SEC("license") = "GPL";
enum color; enum color *fwdenum;
enum __attribute__((packed)) small { S1 } sm;
enum big { B1 = 0xffffffffffffULL, B2 } bg;
enum neg { N1 = -1 } ng;
struct hascolor { enum color *c; int x; } hc;
__int128 i128; unsigned __int128 u128;
_Bool b;
float f; double d; long double ld;

_Complex float cf; _Complex double cd; _Complex int ci; _Complex char cc;
typedef int v4 __attribute__((vector_size(16))); v4 vec;
struct empty {} e; union uempty {} ue;
int zero[0]; struct flex { int n; char d[]; } fl = { 3, "abc" };
struct bits { int a:1; unsigned b:31; _Bool c:1; enum neg n:3; long l:40; char ch:3; int :5; short s:9; } bi;
struct __attribute__((packed)) pbits { char x; long l:57; int b:7; enum neg n:9; } pb;
struct zb { int a:3; int :0; int b:3;} zb;
int (*fp)(int, ...); void (*noargs)(); typedef void fn(int); fn *fnp; fn *fnarr[3];
_Atomic int at; _Atomic(struct hascolor *) ap;
int *restrict rp; const volatile int cv = 3; volatile const int *const volatile cvp;
typedef struct self *selfp; struct self { selfp next; struct self *prev[2]; struct { struct self *x; }; union { int q; long r; } in; } se;
typedef typeof(sizeof(0)) wchar; __WCHAR_TYPE__ wc; __CHAR16_TYPE__ c16;
int a3[2][3][4];
int m[2][0][4];
struct fwd; struct fwd *pf; union ufwd; union ufwd *puf; struct fwd **ppf;
extern const void ks SEC(".ksyms"); extern void kf(void *) SEC(".ksyms") __attribute__((weak)); extern int kc SEC(".kconfig") __attribute__((weak));
extern const int kt SEC(".ksyms") __attribute__((weak));
struct dt { int __attribute__((btf_decl_tag("x"))) a; int *__attribute__((btf_type_tag("user"))) u; } __attribute__((btf_decl_tag("y"))) dt;
typedef int td __attribute__((btf_decl_tag("z"))); td tdv;
struct al { char c; int i __attribute__((aligned(64))); } al;
int *__attribute__((address_space(1))) as1;
void *vp; const void *cvoid;
struct deep { struct { struct { struct { int v; } a; } b; } c; } deep;
static int statics[5] = {1};
enum { ANON1, ANON2 } an; typedef enum { T1 } tenum; tenum te;
char *(*(*fpp)(int (*)(void), char [3]))[4];
SEC("socket") int prog(void *ctx) { static int local = 4; int vla = kc; kf(ctx); struct loc { int k; } lc = {1}; enum color *cp = 0; return local + statics[vla & 3] + (int)(long)&ks + (int)(long)&kt + lc.k + (int)(long)cp + deep.c.b.a.v; }
`;

let folder: string;
let object: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "node-libbpf-"));
  object = join(folder, "odd.bpf.o");
  writeFileSync(join(folder, "odd.bpf.c"), SOURCE);
  const clang = ["-std=gnu2x", "-Wno-everything"];
  expect(build(join(folder, "odd.bpf.c"), folder, { types: false, strip: false, clang }).compiled).toBe(true);
});
afterAll(() => rmSync(folder, { recursive: true }));

test("it opens, and its variables are read", () => {
  const { variables } = open(object);
  expect({ ...variables }).toMatchObject({ fwdenum: 0n, i128: 0n, sm: "S1", fl: { n: 3, d: "abc" } });
  // BTF has no complex numbers: clang writes void.
  expect(variables.cf).toEqual(new Uint8Array(8));
});

test("it is judged", () => {
  expect(open(object).check({ kernel: kernelProfile("6.12") })).toHaveLength(1);
});

test("its types are written as C, JSON and TypeScript", () => {
  const btf = readBtf(object);
  expect(Buffer.from(toC(btf)).toString()).toContain("enum color;");
  expect(Array.from(toJson(btf.types())).join("").length).toBeGreaterThan(1000);
  const named = Array.from(btf.types()).filter((type) => type.name !== "" && ("members" in type || "values" in type));
  expect(diagnose({ "types.ts": renderTypes(named) }, "module")).toEqual([]);
});

test("its module compiles", () => {
  const text = generateModule(readFileSync(object), { fileName: "odd.bpf.o", path: "odd.bpf.o", module: "esm" });
  expect(text).toContain("cf: Uint8Array;");
  expect(diagnose({ "odd.ts": text }, "module")).toEqual([]);
});
