import type { NamedId, PersonalizationService } from "@attune/core/service";
import type { Principal } from "../auth/authenticate.js";
import { Refusal } from "../http/refusal.js";
import { isUnguessable } from "../routes/subject.js";
import { type LiveSubject, NOBODY } from "./site-feeds.js";

const MAX_ID = 128;
const SUBJECTS = { visitorId: "visitor", sessionId: "session", userId: "user" } as const;
type Field = keyof typeof SUBJECTS;

/** Whose frames are asked for, as a query or a message has it. */
export type Asked = Readonly<Partial<Record<Field, unknown>>>;

export const ONLY = ["rulesets", "segments"] as const;
export type Only = (typeof ONLY)[number];

export interface AskedOptions {
  principal: Principal;
  service: Pick<PersonalizationService, "pseudonymOf">;
  /** `rulesets`: only what is nobody's, which is those, and that frames were lost. `segments`: also when a visitor enters or leaves one. */
  only: Only | null;
}

/**
 * What a reader may be given; null: all that happens on the site. Under a write key, which anybody can have, that is what concerns one visitor or
 * session whose id nobody could come upon by trying, or what is nobody's.
 *
 * @throws Refusal 400 for what names several, or none that can be; 403 for what this credential may not read.
 */
export async function subjectFor(
  asked: Asked,
  { principal, service, only }: AskedOptions,
): Promise<LiveSubject | null> {
  const named = (Object.keys(SUBJECTS) as Field[]).filter((field) => asked[field] != null);
  const [field, another] = named;
  if (field === undefined) {
    if (only === "rulesets") return NOBODY;
    if (only === "segments") throw nobodyNamed();
    if (principal.kind === "write") throw notYours();
    return null;
  }
  const id = asked[field];
  if (only === "segments" && field !== "visitorId") throw nobodyNamed();
  if (
    another !== undefined ||
    only === "rulesets" ||
    typeof id !== "string" ||
    id === "" ||
    id.length > MAX_ID
  )
    throw new Refusal(
      400,
      "ATTUNE_SERVER_QUERY",
      `Name one of visitorId, sessionId and userId, of 1 to ${MAX_ID} characters, or none for the whole site.`,
    );
  if (principal.kind === "write" && (field === "userId" || !isUnguessable(id))) throw notYours();
  const { site } = principal;
  return {
    kind: only ?? SUBJECTS[field],
    name: await service.pseudonymOf({ [field]: id } as NamedId, { site }),
  };
}

const nobodyNamed = (): Refusal =>
  new Refusal(400, "ATTUNE_SERVER_QUERY", "Segments are a visitor's: name one by visitorId.");

const notYours = (): Refusal =>
  new Refusal(
    403,
    "ATTUNE_SERVER_SCOPE",
    "A write key may read what concerns one visitor or session of an unguessable id, or new rulesets alone; use a secret key for more.",
  );
