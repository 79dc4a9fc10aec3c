import { AttuneError, type ErrorCode } from "@attune/core";

/** What is known of a command that failed. */
export interface Failure {
  error: AttuneError;
  /** Redis has certainly not carried it out. */
  untouched: boolean;
  /** It may go well a moment later: a failover, a restart, a slot on its way to another node. */
  passing: boolean;
}

interface Known {
  message: string;
  passing?: true;
}

/** Replies by their first word. A command that got one that is passing was not carried out, and no part of a script was. */
const REPLIES: Readonly<Record<string, Known>> = {
  READONLY: {
    message:
      "This Redis is a replica and takes no writes. Connect to the primary, or give ioredis the sentinels or the cluster so that it follows a failover.",
    passing: true,
  },
  BUSY: {
    message:
      "Redis is held up by somebody's script. Wait for it to end, or end it with SCRIPT KILL (FUNCTION KILL).",
    passing: true,
  },
  LOADING: {
    message: "Redis is still loading its data from the disk. Try again when it is done.",
    passing: true,
  },
  MASTERDOWN: {
    message: "The replica has lost its primary. Wait for the failover, or bring the primary back.",
    passing: true,
  },
  CLUSTERDOWN: {
    message:
      "The cluster does not serve this slot. Wait for the failover to end, or bring back a node that holds the slot.",
    passing: true,
  },
  TRYAGAIN: { message: "The slot is moving to another node. Try again.", passing: true },
  NOREPLICAS: {
    message:
      "Too few replicas are in reach for Redis to take a write (min-replicas-to-write). Bring them back.",
  },
  OOM: {
    message:
      "Redis has reached its maxmemory and takes no writes. Raise maxmemory, sweep the store and trim the log more often, or add nodes.",
  },
  MISCONF: {
    message:
      "Redis cannot write to its disk and takes no writes therefore. Look at its log and at the free space.",
  },
  NOAUTH: { message: "Redis asks for a password. Give the client `password` (and `username`)." },
  WRONGPASS: { message: "Redis does not accept the client's user name and password. Correct them." },
  NOPERM: {
    message:
      "The client's user may not do this. Allow it scripts, the commands on hashes, sorted sets, streams and channels, and all keys of the prefix.",
  },
  WRONGTYPE: { message: "A key under the prefix holds something else. Give Attune a prefix of its own." },
  MOVED: {
    message: "This Redis is a node of a cluster. Hand in an ioredis `Cluster` instead of a `Redis`.",
  },
  NOSCRIPT: { message: "Redis does not know the script. Send it whole.", passing: true },
};

/** The word may also stand inside the report of a script, behind a dash. */
const WORD = new RegExp(`(?:^|[\\s:]-)(${Object.keys(REPLIES).join("|")})\\b(?!\\w)`);

/**
 * What a failed command tells us. `sent`: whether any of it may have reached Redis.
 */
export function toFailure(cause: unknown, sent: boolean): Failure {
  const error = cause instanceof Error ? cause : new Error(String(cause));
  withoutArguments(error);
  const { message } = error;
  const word = WORD.exec(message)?.[1];
  const known = word === undefined ? undefined : REPLIES[word];
  const made = (code: ErrorCode, text: string): AttuneError => new AttuneError(code, text, { cause });
  if (message.startsWith("Too many Cluster redirections")) {
    const text =
      "The nodes of the cluster keep sending a command to each other. Wait until its slots are settled, and check that they agree (CLUSTER SLOTS).";
    return { error: made("ATTUNE_REDIS_MOVED", text), untouched: !sent, passing: true };
  }
  if (known !== undefined)
    return {
      error: made(`ATTUNE_REDIS_${word}`, known.message),
      untouched: true,
      passing: known.passing === true,
    };
  if (error.name === "ReplyError") {
    const text = "Redis has refused a command; its reply is the cause of this error.";
    return { error: made("ATTUNE_REDIS_REPLY", text), untouched: false, passing: false };
  }
  const isLate = message === "Command timed out";
  const what = isLate ? "Redis has not answered in time" : "There is no connection to Redis";
  // One that is late may still be waiting to be sent, and will be.
  const isOpen = sent || isLate;
  const outcome = isOpen
    ? "What was under way may or may not have been done: read before it is done again."
    : "Nothing was sent.";
  return {
    error: made(
      isLate ? "ATTUNE_REDIS_TIMEOUT" : "ATTUNE_REDIS_CONNECTION",
      `${what}. ${outcome} Check that it runs and that the client's address is right.`,
    ),
    untouched: !isOpen,
    passing: true,
  };
}

/** What Redis says behind the name of a command that it does not know. */
const REPEATED = /,? with args beginning with: .*/s;

/**
 * ioredis hangs the arguments of the command onto its errors, and Redis repeats them where it does not know the command; they are personal
 * data and must not reach a log that way.
 */
function withoutArguments(error: Error & { command?: { name?: unknown; args?: unknown } }): void {
  if (error.command !== undefined) error.command = { name: error.command.name };
  if (!REPEATED.test(error.message)) return;
  const message = error.message.replace(REPEATED, "");
  // The stack begins with the message.
  error.stack = error.stack?.replace(error.message, () => message) ?? "";
  error.message = message;
}

export const closedError = (room: "STORE" | "LOG" | "CHANNEL"): AttuneError =>
  new AttuneError(`ATTUNE_${room}_CLOSED`, `The ${room.toLowerCase()} is closed. Open a new one.`);
