/**
 * A key whose order as text is the order of versions: numeric parts are padded, and a release sorts after its pre-releases
 * (GrowthBook's SDK specification, version string comparison).
 */
export function versionKey(version: unknown): string {
  const text =
    typeof version === "number" ? `${version}` : typeof version === "string" && version ? version : "0";
  const build = text.indexOf("+");
  const parts = (build < 0 ? text : text.slice(0, build))
    .replace(/^v/, "")
    .split(/[-.]/)
    .map((part) => (/^\d+$/.test(part) ? part.padStart(5) : part));
  if (parts.length === 3) parts.push("~");
  return parts.join("-");
}
