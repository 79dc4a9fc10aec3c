const FORWARDED = ["content-type", "content-encoding", "authorization", "if-none-match", "origin", "sec-gpc"];
const RETURNED = ["content-type", "etag", "cache-control", "retry-after"];

const pick = (headers: Headers, names: readonly string[]): Headers => {
  const picked = new Headers();
  for (const name of names) {
    const value = headers.get(name);
    if (value !== null) picked.set(name, value);
  }
  return picked;
};

/**
 * The page talks to its own origin; what is under /attune goes on to the Attune server. A rewrite in next.config would do as well, but its
 * target is fixed when the application is built. No cookie goes along: the server needs none.
 */
async function forward(
  request: Request,
  { params }: { params: Promise<{ path: string[] }> },
): Promise<Response> {
  const server = process.env.ATTUNE_URL ?? "http://127.0.0.1:4600";
  const path = (await params).path.map(encodeURIComponent).join("/");
  const headers = pick(request.headers, FORWARDED);
  // Pages that are kept hold no key, which may change while they lie there.
  if (!headers.has("authorization")) headers.set("authorization", `Bearer ${process.env.ATTUNE_WRITE_KEY}`);
  const answer = await fetch(`${server}/${path}${new URL(request.url).search}`, {
    method: request.method,
    headers,
    // As it comes: how much is too much is the server's to say.
    ...(request.method === "POST" && { body: request.body, duplex: "half" }),
    signal: request.signal,
    cache: "no-store",
  }).catch(() => null);
  if (answer === null) return new Response(null, { status: 503, headers: { "retry-after": "5" } });
  return new Response(answer.body, { status: answer.status, headers: pick(answer.headers, RETURNED) });
}

export { forward as GET, forward as POST };
