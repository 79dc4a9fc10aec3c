import { COOKIE } from "./sessions.js";

/** Scripts cannot read it, and other sites cannot send it. An empty value takes it away. */
export function sessionCookie(
  value: string,
  ageMs: number,
  { basePath, secure }: { basePath: string; secure: boolean },
): string {
  const age = Math.max(0, Math.floor(ageMs / 1000));
  return `${COOKIE}=${value}; Path=${basePath}/; Max-Age=${age}; HttpOnly; SameSite=Strict${secure ? "; Secure" : ""}`;
}
