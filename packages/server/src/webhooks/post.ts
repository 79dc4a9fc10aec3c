import { lookup as resolve, type LookupAddress, type LookupOptions } from "node:dns";
import http from "node:http";
import https from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { AttuneError } from "@attune/core";
import { createPublicCheck } from "./public-address.js";

export interface Post {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string;
  /** Whether the receiver may be in one's own network. */
  internal: boolean;
  timeoutMs: number;
  /** Ends it. */
  signal: AbortSignal;
}

const refused = (): AttuneError =>
  new AttuneError(
    "ATTUNE_SERVER_WEBHOOK_ADDRESS",
    'The address of a webhook leads into a network of one\'s own. If the receiver is there, say so by `"internal": true` of the webhook.',
  );

/** Looks a name up, and lets nobody connect where any of its addresses is not public: what is connected to is what was checked. */
function publicLookup(): LookupFunction {
  const isPublic = createPublicCheck();
  return (hostname, options: LookupOptions, done) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      const [first] = found ?? [];
      if (error !== null || first === undefined) return done(error ?? refused(), "", 4);
      if (!found.every(({ address }: LookupAddress) => isPublic(address))) return done(refused(), "", 4);
      if (options.all === true) done(null, found);
      else done(null, first.address, first.family);
    });
  };
}

/**
 * Posts and gives the answer's status; what the answer says beyond is not read, and no redirection is followed.
 *
 * @throws AttuneError `ATTUNE_SERVER_WEBHOOK_ADDRESS` for an address that is not public; `ATTUNE_SERVER_WEBHOOK_TIME` where no answer came in time; what the network says.
 */
export function post({ url, headers, body, internal, timeoutMs, signal }: Post): Promise<number> {
  const to = new URL(url);
  const host = to.hostname.replace(/^\[|\]$/g, "");
  // A literal address is not looked up, so it would pass by the check.
  if (!internal && isIP(host) !== 0 && !createPublicCheck()(host)) return Promise.reject(refused());
  const bytes = Buffer.from(body);
  return new Promise((done, fail) => {
    const request = (to.protocol === "https:" ? https : http).request(
      to,
      {
        method: "POST",
        headers: { ...headers, "content-type": "application/json", "content-length": bytes.length },
        // Connections that were opened before would not be checked.
        agent: false,
        ...(!internal && { lookup: publicLookup() }),
        signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), signal]),
      },
      (answer) => {
        answer.destroy();
        done(answer.statusCode ?? 0);
      },
    );
    // Neither an answer nor an error: the connection is handed over, and its end would be nobody's.
    request.once("upgrade", (answer, socket) => {
      socket.destroy();
      done(answer.statusCode ?? 101);
    });
    request.once("close", () => fail(new Error("The connection ended without an answer.")));
    request.once("error", (error) => {
      const isLate = error.name === "TimeoutError" || error.name === "AbortError";
      fail(
        isLate
          ? new AttuneError("ATTUNE_SERVER_WEBHOOK_TIME", "The receiver did not answer in time.")
          : error,
      );
    });
    request.end(bytes);
  });
}
