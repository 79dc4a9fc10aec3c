/** Set up before the tests that run on React 18.3: what libraries `require` as `react` is that one too, not only what sources import. */
import Module, { createRequire } from "node:module";
import { dirname } from "node:path";

const require = createRequire(import.meta.url);
const FOLDERS: Readonly<Record<string, string>> = {
  react: dirname(require.resolve("react18/package.json")),
  "react-dom": dirname(require.resolve("react-dom18/package.json")),
};

interface Resolver {
  _resolveFilename(request: string, ...rest: unknown[]): string;
}
const resolver = Module as unknown as Resolver;
const resolve = resolver._resolveFilename;
resolver._resolveFilename = (request, ...rest) => {
  const [, name = "", path = ""] = /^(react|react-dom)(\/.*)?$/.exec(request) ?? [];
  const folder = FOLDERS[name];
  return resolve.call(resolver, folder === undefined ? request : folder + path, ...rest);
};
