/**
 * Path and query as they stand below `basePath` (`/attune`, `/attune/` or nothing), always with a leading slash; `null` where they lie
 * outside it. Nothing is decoded.
 */
export function below(target: string, basePath: string): string | null {
  const base = basePath.endsWith("/") ? basePath.slice(0, -1) : basePath;
  if (!target.startsWith(base)) return null;
  const rest = target.slice(base.length);
  if (rest.startsWith("/")) return rest;
  return rest === "" || rest.startsWith("?") || base === "" ? `/${rest}` : null;
}

/**
 * The same below a route that a framework has matched already: as many segments go as the route has. It may hold parameters, and its
 * framework may tell no upper from lower case.
 */
export function belowRoute(route: string): (target: string) => string {
  const depth = route.split("/").filter((segment) => segment !== "").length;
  const matched = new RegExp(`^(?:/+[^/?]+){${depth}}`);
  return (target) => {
    const rest = target.replace(matched, "");
    return rest.startsWith("/") ? rest : `/${rest}`;
  };
}
