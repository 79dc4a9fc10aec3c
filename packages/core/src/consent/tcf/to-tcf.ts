import { AttuneError } from "../../kernel/errors.js";
import type { ConsentState } from "../types.js";
import { loadTcf } from "./from-tcf.js";
import { TCF_PURPOSES } from "./purposes.js";

/** Who writes the string, and what the person was shown: the framework wants it said, and nothing here can know it. */
export interface TcfWriteOptions {
  /** The Global Vendor List that was shown, parsed (`vendor-list.json`, version 3). It is not fetched. */
  vendorList: object;
  /** Number of the registered consent platform that writes the string: 2 to 4095. */
  cmpId: number;
  cmpVersion?: number;
  /** The vendors that the person was shown (TCF 2.3). */
  disclosedVendors: readonly number[];
  /** Of these the ones the person agreed to (default: none). None gets it where no purpose was granted. */
  vendorConsents?: readonly number[];
  /** Two letters (default `EN`). */
  language?: string;
  /** ISO 3166 code of the country whose law holds for the publisher. */
  publisherCountry: string;
}

/**
 * A TC string (version 2.3) of what holds: the purposes that {@link TCF_PURPOSES} puts behind each granted one, for vendors and in the
 * publisher's section alike. No legitimate interest, no special feature. Times are those of the decision, to the day, as the framework wants them.
 *
 * @throws (rejects) AttuneError `ATTUNE_CONSENT_TCF_UNDECIDED` where nobody has decided: a string would say that they have;
 *   `ATTUNE_CONSENT_TCF_WRITE` for a vendor list or number that the framework does not take; `ATTUNE_CONSENT_TCF_LIBRARY` as in `fromTcf`.
 */
export async function toTcf(state: ConsentState, options: TcfWriteOptions): Promise<string> {
  const { grants, decidedAt, status, policy } = state;
  if (status !== "decided" || decidedAt === null)
    throw new AttuneError(
      "ATTUNE_CONSENT_TCF_UNDECIDED",
      "There is no decision that a TC string could tell of; write one once consent is decided.",
    );
  const { GVL, TCModel, TCString } = await loadTcf();
  const agreed = [
    ...new Set(policy.purposes.flatMap((purpose) => (grants[purpose] ? TCF_PURPOSES[purpose] : []))),
  ];
  try {
    const model = new TCModel(new GVL(options.vendorList as ConstructorParameters<typeof GVL>[0]));
    model.cmpId = options.cmpId;
    model.cmpVersion = options.cmpVersion ?? 1;
    model.consentLanguage = options.language ?? "EN";
    model.publisherCountryCode = options.publisherCountry;
    model.isServiceSpecific = true;
    model.purposeConsents.set(agreed);
    model.publisherConsents.set(agreed);
    model.vendorsDisclosed.set([...options.disclosedVendors]);
    const disclosed = new Set(agreed.length > 0 ? options.disclosedVendors : []);
    model.vendorConsents.set((options.vendorConsents ?? []).filter((vendor) => disclosed.has(vendor)));
    const day = new Date(Math.floor(decidedAt / 86_400_000) * 86_400_000);
    model.created = day;
    model.lastUpdated = day;
    return TCString.encode(model);
  } catch (cause) {
    throw new AttuneError(
      "ATTUNE_CONSENT_TCF_WRITE",
      "The framework takes none of this: check the vendor list, the platform's number, language and country.",
      { cause },
    );
  }
}
