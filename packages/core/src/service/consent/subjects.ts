import { AttuneError } from "../../kernel/errors.js";
import type { ServiceContext } from "../context.js";
import { SORT, userPartition, visitorPartition } from "../layout/partitions.js";
import { standInOf } from "../layout/stand-in.js";
import type { NamedId } from "../options.js";
import type { SubjectId } from "../types.js";

/** Whose records a call is about, by pseudonym. */
export interface Subject {
  site: string;
  kind: "visitor" | "user";
  /** The user that the id names; null where it can only be a visitor's. */
  user: string | null;
  /** Those that the id itself may name, whether anything is known of them or not, then all that the user is linked to. */
  visitors: readonly string[];
  /** How many of the visitors the id itself may name; they come first. */
  named: number;
  /** The identifier as it was given. */
  id: string;
}

function readId(id: SubjectId): { id: string; kind: "visitor" | "user" | null } {
  const given: unknown = id;
  const { visitorId, userId } = (typeof given === "object" && given !== null ? given : {}) as {
    visitorId?: unknown;
    userId?: unknown;
  };
  if (typeof given === "string" && given !== "") return { id: given, kind: null };
  if (typeof visitorId === "string" && visitorId !== "") return { id: visitorId, kind: "visitor" };
  if (typeof userId === "string" && userId !== "") return { id: userId, kind: "user" };
  throw new AttuneError(
    "ATTUNE_SERVICE_SUBJECT",
    "Name a subject by a text, by { visitorId } or by { userId }; the text must not be empty.",
  );
}

const KINDS = [
  ["visitorId", "v"],
  ["sessionId", "s"],
  ["userId", "u"],
] as const;

/** @throws ATTUNE_SERVICE_SUBJECT for no identifier, or an empty one. */
export async function pseudonymOf(
  { pseudonyms }: ServiceContext,
  site: string,
  id: NamedId,
): Promise<string> {
  // Hosts in JavaScript may have given anything.
  const given = Object(id) as Partial<Record<(typeof KINDS)[number][0], unknown>>;
  for (const [name, kind] of KINDS) {
    const text = given[name];
    if (typeof text === "string" && text !== "") return (await pseudonyms.of(site))(kind, text);
  }
  throw new AttuneError(
    "ATTUNE_SERVICE_SUBJECT",
    "Name one by { visitorId }, { sessionId } or { userId }; the text must not be empty.",
  );
}

/**
 * Finds the partitions of a subject. Events that name a user but no visitor are kept under a visitor that stands for the user.
 */
export async function resolveSubject(
  { hot, pseudonyms }: ServiceContext,
  site: string,
  subject: SubjectId,
): Promise<Subject> {
  const { id, kind } = readId(subject);
  const pseudonym = await pseudonyms.of(site);
  if (kind === "visitor") return { site, kind, user: null, visitors: [pseudonym("v", id)], named: 1, id };
  const user = pseudonym("u", id);
  const visitors = new Set(kind === "user" ? [] : [pseudonym("v", id)]);
  visitors.add(pseudonym("v", standInOf(id, null) as string));
  const named = visitors.size;
  for await (const { sort } of hot.scan(userPartition(site, user), { prefix: SORT.visitor }))
    visitors.add(sort.slice(SORT.visitor.length));
  const known =
    kind === "user" ||
    visitors.size > named ||
    (await hot.get(userPartition(site, user), SORT.consent)) !== null;
  return { site, kind: known ? "user" : "visitor", user, visitors: [...visitors], named, id };
}

/** The partitions that hold what is known of a subject: its visitors', then its user's. */
export const partitionsOf = ({ site, visitors, user }: Subject): string[] => [
  ...visitors.map((visitor) => visitorPartition(site, visitor)),
  ...(user === null ? [] : [userPartition(site, user)]),
];
