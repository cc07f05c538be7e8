/** Compiles generated modules as a user's project would, with strict settings. */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import ts from "typescript";
import { PROJECT_ROOT } from "../scripts/places";

/** Returns the compiler's errors for files, by name. */
export function diagnose(files: Record<string, string>, type: "module" | "commonjs"): string[] {
  const folder = mkdtempSync(join(tmpdir(), "node-libbpf-"));
  try {
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type }));
    symlinkSync(join(PROJECT_ROOT, "node_modules"), join(folder, "node_modules"));
    const roots = Object.entries(files).map(([name, text]) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    });
    const program = ts.createProgram(roots, {
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noPropertyAccessFromIndexSignature: true,
      noUnusedLocals: true,
      isolatedModules: true,
      verbatimModuleSyntax: type === "module",
      skipLibCheck: true,
      noEmit: true,
      types: ["node"],
      target: ts.ScriptTarget.ES2023,
      lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
      module: ts.ModuleKind.Node20,
      paths: { "node-libbpf": [join(PROJECT_ROOT, "dist/lib/index.d.ts")] },
    });
    return ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
      const where = file === undefined ? "" : `${basename(file.fileName)}: `;
      return where + ts.flattenDiagnosticMessageText(messageText, "\n");
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
