import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";
import { root } from "./run.mjs";

const HOST = {
  getCurrentDirectory: () => root,
  getCanonicalFileName: (name) => name,
  getNewLine: () => "\n",
};
const IS_TEST = /\.(test|test-d|fixture|suite)\./;

/** What `packages/x/src/…` is built as: `packages/x/dist/…`; undefined for what no package ships. */
function target(file) {
  const [, name, path] = /^packages\/([^/]+)\/src\/(.+)$/.exec(file.slice(root.length)) ?? [];
  return path && join(root, "packages", name, "dist", path);
}

/**
 * Writes the types of all packages beside their code, file for file, by one program for all, since each is read by those that stand on it. The build
 * runs this file as a process of its own. Returns what is wrong, one error a line.
 */
function writeDeclarations() {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram(
    fileNames.filter((file) => target(file) !== undefined && !IS_TEST.test(file)),
    { ...options, noEmit: false, declaration: true, emitDeclarationOnly: true, rootDir: root, outDir: root },
  );
  const { diagnostics } = program.emit(undefined, (file, text) => {
    const to = target(file);
    if (to === undefined) return;
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, text);
  });
  return ts.formatDiagnostics([...ts.getPreEmitDiagnostics(program), ...diagnostics], HOST);
}

const wrong = writeDeclarations();
if (wrong !== "") {
  console.error(wrong);
  process.exitCode = 1;
}
