import type * as Tcf from "@iabtechlabtcf/core";
import { AttuneError } from "../../kernel/errors.js";
import { grantsWhere } from "../grants.js";
import type { Grants, OptionalPurpose } from "../types.js";
import { TCF_PURPOSES } from "./purposes.js";

type Flags = Readonly<Record<number, boolean | undefined>>;

/** What a platform's `__tcfapi` tells its listeners, as far as it is read here (TCF, "CMP JS API"). */
export interface TcData {
  gdprApplies?: boolean | undefined;
  /** `tcloaded`, `useractioncomplete`; or `cmpuishown`, while the person is being asked. */
  eventStatus?: string;
  listenerId?: number | null;
  purpose?: { consents?: Flags };
  vendor?: { consents?: Flags };
  publisher?: { consents?: Flags };
}

export interface TcfReadOptions {
  /**
   * Whose purposes count: those that the person agreed to for the listed vendors (`purposes`, default), or those in the section of the publisher
   * (`publisher`), for a platform that asks for the site itself there.
   */
  section?: "purposes" | "publisher";
  /** The vendor that the site is registered as: it has to have consent as well. */
  vendor?: number;
  /** Which purposes of the framework one of ours needs, where {@link TCF_PURPOSES} does not fit. */
  needs?: Partial<Readonly<Record<OptionalPurpose, readonly number[]>>>;
}

/**
 * What a decision made under the framework allows here. Null where there is none to go by: the framework does not apply to this visit, or the person is
 * being asked at this moment. Of a string every section that it has is read; it is decoded by `@iabtechlabtcf/core`, which is loaded then.
 *
 * @throws (rejects) AttuneError `ATTUNE_CONSENT_TCF` for what is no TC string, `ATTUNE_CONSENT_TCF_LIBRARY` where the library is not installed.
 */
export function fromTcf(tcData: TcData, options?: TcfReadOptions): Grants | null;
export function fromTcf(tcString: string, options?: TcfReadOptions): Promise<Grants>;
export function fromTcf(
  given: TcData | string,
  options: TcfReadOptions = {},
): Grants | null | Promise<Grants> {
  return typeof given === "string" ? fromString(given, options) : fromData(given, options);
}

function fromData(data: TcData, options: TcfReadOptions): Grants | null {
  if (data.gdprApplies === false || data.eventStatus === "cmpuishown") return null;
  const { purpose, publisher, vendor } = data;
  const consents = options.section === "publisher" ? publisher?.consents : purpose?.consents;
  return grantsOfTcf(
    (id) => consents?.[id] === true,
    (id) => vendor?.consents?.[id] === true,
    options,
  );
}

async function fromString(text: string, options: TcfReadOptions): Promise<Grants> {
  const { TCString } = await loadTcf();
  let model: ReturnType<typeof TCString.decode>;
  try {
    model = TCString.decode(text);
  } catch (cause) {
    throw new AttuneError(
      "ATTUNE_CONSENT_TCF",
      "This is no TC string of version 2; hand in the one that the consent platform made, unchanged.",
      { cause },
    );
  }
  const consents = options.section === "publisher" ? model.publisherConsents : model.purposeConsents;
  return grantsOfTcf(
    (id) => consents.has(id),
    (id) => model.vendorConsents.has(id),
    options,
  );
}

function grantsOfTcf(
  agreed: (purpose: number) => boolean,
  vendorAgreed: (vendor: number) => boolean,
  { vendor, needs = {} }: TcfReadOptions,
): Grants {
  const wanted: Readonly<Partial<Record<string, readonly number[]>>> = { ...TCF_PURPOSES, ...needs };
  const listed = vendor === undefined || vendorAgreed(vendor);
  return grantsWhere((purpose) => {
    const ids = wanted[purpose];
    // An empty list would be a yes that nobody has said.
    return listed && ids !== undefined && ids.length > 0 && ids.every(agreed);
  });
}

/** @throws AttuneError `ATTUNE_CONSENT_TCF_LIBRARY` */
export async function loadTcf(): Promise<typeof Tcf> {
  try {
    return await import("@iabtechlabtcf/core");
  } catch (cause) {
    throw new AttuneError(
      "ATTUNE_CONSENT_TCF_LIBRARY",
      "TC strings need the package @iabtechlabtcf/core (1.5.21 or later) beside @attune/core; install it.",
      { cause },
    );
  }
}
