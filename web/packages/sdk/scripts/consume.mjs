// Installs the package as it would be published (`npm pack` of dist/) into an empty project, checks what uses it with
// the strictest types that there are, and runs it. Nothing is fetched: what it depends on is packed from here too.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL("..", import.meta.url));
const modules = fileURLToPath(new URL("../../../node_modules/", import.meta.url));
const project = mkdtempSync(join(tmpdir(), "portico-sdk-"));
const run = (program, ...words) =>
  execFileSync(program, words, { cwd: project, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

/** Packs folders into the project: what each is called, its archive, and what that holds. */
const pack = (folders) =>
  JSON.parse(run("npm", "pack", ...folders, "--json", "--ignore-scripts", "--loglevel=error")).map(
    ({ name, filename, files }) => ({ name, archive: `file:${filename}`, files: files.map(({ path }) => path) }),
  );

try {
  const manifest = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
  const needed = [...Object.keys(manifest.dependencies), "@types/react", "csstype"];
  const packed = pack([join(here, "dist"), ...needed.map((name) => join(modules, name))]);
  const sdk = packed.find(({ name }) => name === manifest.name);
  const strange = sdk.files.filter((file) => !/^(package\.json|README\.md|.*\.js|.*\.d\.ts)$/.test(file));
  if (strange.length > 0) throw new Error(`the package holds what it should not: ${strange.join(", ")}`);
  const dependencies = Object.fromEntries(packed.map(({ name, archive }) => [name, archive]));
  writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }));
  const quietly = ["--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
  run("npm", "install", "--offline", "--ignore-scripts", ...quietly);
  for (const name of readdirSync(join(here, "consumer"))) cpSync(join(here, "consumer", name), join(project, name));
  const installed = join(project, "node_modules", manifest.name);
  for (const { types, default: code } of Object.values(
    JSON.parse(readFileSync(join(installed, "package.json"), "utf8")).exports,
  )) {
    for (const file of [types, code]) if (!existsSync(join(installed, file))) throw new Error(`${file} is missing`);
  }
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  for (const [module, resolution] of [
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ]) {
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noImplicitOverride: true,
      verbatimModuleSyntax: true,
      // The types of the package are checked as well.
      skipLibCheck: false,
      noEmit: true,
      target: "es2022",
      lib: ["es2022", "dom", "dom.iterable", "dom.asynciterable"],
      jsx: "react-jsx",
      types: [],
      module,
      moduleResolution: resolution,
    };
    writeFileSync(
      join(project, "tsconfig.json"),
      JSON.stringify({ compilerOptions, files: ["server.ts", "page.tsx"] }),
    );
    execFileSync(process.execPath, [tsc, "-p", project], { cwd: project, stdio: "inherit" });
  }
  run(process.execPath, "runs.mjs");
  console.log(`${manifest.name}: ${sdk.files.length} files, installed, type-checked and run`);
} finally {
  rmSync(project, { recursive: true, force: true });
}
