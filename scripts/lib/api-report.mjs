import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { root } from "./run.mjs";

const FOLDER = join(root, "api");
/** How a report that is wanted is written. */
const UPDATE = "npm run api";

/** Every sub-path that a host can import, with its built types. */
function entries() {
  return readdirSync(join(root, "packages"))
    .sort()
    .flatMap((name) => {
      const folder = join(root, "packages", name);
      const { exports = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      return Object.entries(exports)
        .filter(([, target]) => typeof target === "string" && target.endsWith(".js"))
        .map(([path, target]) => ({
          specifier: `@attune/${name}${path.slice(1)}`,
          report: `${name}${path.slice(1).replaceAll("/", ".")}.md`,
          dist: join(folder, "dist"),
          types: join(folder, target.replace(/\.js$/, ".d.ts")),
        }));
    });
}

const printer = ts.createPrinter({ removeComments: true });

/** The statement of a declaration: of a constant, all of it. */
function statementOf(declaration) {
  return ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
}

const print = (declaration) =>
  printer
    .printNode(ts.EmitHint.Unspecified, statementOf(declaration), declaration.getSourceFile())
    .replace(/^(export )?(declare )?/, "");

/** A symbol itself, whatever it is called where it is used. */
function target(checker, symbol) {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** Symbols that a declaration speaks of and that are the package's own, though nobody can import them from here. */
function* mentioned(checker, declaration, dist) {
  const found = [];
  const visit = (node) => {
    if (ts.isIdentifier(node)) {
      const symbol = checker.getSymbolAtLocation(node);
      if (symbol) found.push(target(checker, symbol));
    }
    ts.forEachChild(node, visit);
  };
  visit(statementOf(declaration));
  for (const symbol of found) {
    const [first] = symbol.declarations ?? [];
    // A source file itself (a module that is imported whole) has no parent.
    const holder = first && ts.isVariableDeclaration(first) ? first.parent.parent?.parent : first?.parent;
    const isStatement = holder !== undefined && ts.isSourceFile(holder);
    if (isStatement && first.getSourceFile().fileName.startsWith(dist)) yield symbol;
  }
}

/** Everything that can be imported, then what that speaks of: sorted, without comments, so that only what a host would notice makes a difference. */
function reportOf(checker, program, { specifier, dist, types }) {
  const module = checker.getSymbolAtLocation(program.getSourceFile(types));
  const exported = new Map(
    checker.getExportsOfModule(module).map((symbol) => [symbol.name, target(checker, symbol)]),
  );
  const known = new Set(exported.values());
  const queue = [...known];
  const others = new Map();
  for (let symbol = queue.shift(); symbol; symbol = queue.shift()) {
    for (const declaration of symbol.declarations ?? []) {
      if (!declaration.getSourceFile().fileName.startsWith(dist)) continue;
      for (const other of mentioned(checker, declaration, dist)) {
        if (known.has(other)) continue;
        known.add(other);
        others.set(other.name, other);
        queue.push(other);
      }
    }
  }
  const section = (symbols) =>
    [...symbols]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, symbol]) => {
        const own = (symbol.declarations ?? []).filter((each) =>
          each.getSourceFile().fileName.startsWith(dist),
        );
        const text = own.length > 0 ? own.map(print).sort().join("\n") : "from another package";
        return `// ${name}\n${text}`;
      })
      .join("\n\n");
  const parts = [`# ${specifier}`, "What can be imported.", `\`\`\`text\n${section(exported)}\n\`\`\``];
  if (others.size > 0) parts.push("What that speaks of.", `\`\`\`text\n${section(others)}\n\`\`\``);
  return `${parts.join("\n\n")}\n`;
}

/** The reports of all sub-paths as the built packages have them, by file name. */
function reports() {
  const all = entries();
  const missing = all.filter(({ types }) => !existsSync(types));
  if (missing.length > 0)
    throw new Error(`These have no built types: ${missing.map(({ specifier }) => specifier).join(", ")}`);
  const program = ts.createProgram(
    all.map(({ types }) => types),
    {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      skipLibCheck: true,
      types: [],
    },
  );
  const checker = program.getTypeChecker();
  return new Map(all.map((entry) => [entry.report, reportOf(checker, program, entry)]));
}

/** Writes the reports, and removes those of sub-paths that are gone. */
export function writeApi() {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER);
  const all = reports();
  for (const [name, text] of all) writeFileSync(join(FOLDER, name), text);
  return all.size;
}

/** Whether what a host can import is what was last agreed on. */
export async function checkApi() {
  const wanted = reports();
  const there = existsSync(FOLDER) ? readdirSync(FOLDER) : [];
  const lines = [];
  for (const name of new Set([...wanted.keys(), ...there])) {
    const before = there.includes(name) ? readFileSync(join(FOLDER, name), "utf8").split("\n") : [];
    const after = (wanted.get(name) ?? "").split("\n");
    if (before.join("\n") === after.join("\n")) continue;
    lines.push(`api/${name}`);
    lines.push(...after.filter((line) => !before.includes(line)).map((line) => `  + ${line}`));
    lines.push(...before.filter((line) => !after.includes(line)).map((line) => `  - ${line}`));
  }
  if (lines.length === 0) return { code: 0, output: `${wanted.size} sub-paths` };
  return {
    code: 1,
    output: `${lines.join("\n")}\nThe public API is not the one that is committed. If that is meant: ${UPDATE}, commit api/, and add a changeset.`,
  };
}
