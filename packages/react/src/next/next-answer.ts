/*
 * What a Next middleware answers: the headers that `NextResponse.next()` and `NextResponse.rewrite()` set, on a plain `Response`. Written
 * here so that nothing of Next is loaded, the same code runs in `middleware.ts` and `proxy.ts`, and a test in Node sees what Next sees;
 * `tests/storefront.test.ts` (Next 15) and `tests/next-variants.test.ts` (Next 16) hold it against built applications.
 */
const NEXT = "x-middleware-next";
const REWRITE = "x-middleware-rewrite";
const OVERRIDES = "x-middleware-override-headers";
const OVERRIDE = "x-middleware-request-";

/**
 * Goes on to the page.
 *
 * @param headers The request's headers as the page shall see them; what is missing in them is taken away.
 * @param target Where the answer comes from instead of the address that was asked for.
 */
export function goOn(headers: Headers, target?: URL): Response {
  const answer = new Response(null);
  if (target === undefined) answer.headers.set(NEXT, "1");
  else answer.headers.set(REWRITE, target.toString());
  const names: string[] = [];
  headers.forEach((value, name) => {
    names.push(name);
    answer.headers.set(OVERRIDE + name, value);
  });
  answer.headers.set(OVERRIDES, names.join(","));
  return answer;
}

/** Whether an answer of the host leaves it to a page to answer: `NextResponse.next()` and `NextResponse.rewrite()` do. */
export const goesOn = ({ headers }: Response): boolean => headers.has(NEXT) || headers.has(REWRITE);

/** Where the host's own `NextResponse.rewrite()` has the answer come from. */
export function rewrittenTo(answer: Response | undefined, url: URL): URL | undefined {
  const target = answer?.headers.get(REWRITE);
  return target == null ? undefined : new URL(target, url);
}

/** A request's headers as the page would see them after the host's own `NextResponse.next({ request: { headers } })`. */
export function passedOn(headers: Headers, answer: Response | undefined): Headers {
  const names = answer?.headers.get(OVERRIDES);
  if (!answer || names == null) return new Headers(headers);
  return new Headers(
    names.split(",").flatMap((name): [string, string][] => {
      const value = answer.headers.get(OVERRIDE + name);
      return value === null ? [] : [[name, value]];
    }),
  );
}

/** Adds what the host's own answer sends to the browser. */
export function takeOver(headers: Headers, answer: Response): void {
  answer.headers.forEach((value, name) => {
    if (name.startsWith("x-middleware-") && name !== "x-middleware-set-cookie") return;
    if (name === "set-cookie") return;
    headers.set(name, value);
  });
  for (const cookie of answer.headers.getSetCookie()) headers.append("set-cookie", cookie);
}
