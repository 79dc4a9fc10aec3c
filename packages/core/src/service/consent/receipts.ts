import { versionKey } from "../../consent/policy.js";
import type { ConsentPolicy } from "../../consent/types.js";
import type { KeyProvider } from "../../ports/capabilities.js";
import {
  isSignedReceipt,
  type ReceiptContent,
  type SignedConsentReceipt,
  signReceipt,
} from "../../privacy/index.js";
import type { ConsentLine } from "../layout/records.js";

/** Signs decisions as they are written down, and knows its signatures again. */
export interface ReceiptSigner {
  /** The line with its signature; as it is where the key is not to be had, which is reported: no refusal waits for a signature. */
  sign(partition: string, line: ConsentLine, policy: ConsentPolicy | null): Promise<ConsentLine>;
  verify(site: string, receipt: unknown): Promise<boolean>;
}

function contentOf(partition: string, { receipt, recordedAt, record, signed }: ConsentLine): ReceiptContent {
  const [site = "", ...subject] = partition.split("/");
  const { policyVersion, grants, mode, region, source, asked, decidedAt } = record;
  return {
    v: 1,
    id: receipt,
    site,
    subject: subject.join("/"),
    decidedAt: new Date(decidedAt).toISOString(),
    recordedAt: new Date(recordedAt).toISOString(),
    policyVersion,
    textHash: signed?.textHash ?? null,
    purposes: grants,
    ...(asked && { asked }),
    mode,
    region,
    source,
  };
}

/** The receipt of a line; null of one that nobody has signed: what a visitor has from its user, and what was written before there were signatures. */
export const receiptOf = (partition: string, line: ConsentLine): SignedConsentReceipt | null =>
  line.signed ? { ...contentOf(partition, line), signature: line.signed.signature } : null;

/** The text that was agreed to is known where the decision is about the policy that holds here. */
const textHashFor = ({ record }: ConsentLine, policy: ConsentPolicy | null): string | null =>
  (policy !== null && versionKey(policy.version) === record.policyVersion ? policy.textHash : null) ?? null;

export function createReceiptSigner(keys: KeyProvider, report: (error: unknown) => void): ReceiptSigner {
  const known = new Map<string, Promise<Uint8Array>>();
  const keyOf = async (site: string): Promise<Uint8Array> => {
    const key = known.get(site) ?? keys.key(site, "audit");
    known.set(site, key);
    try {
      return await key;
    } catch (error) {
      known.delete(site);
      throw error;
    }
  };
  return {
    async sign(partition, line, policy) {
      const textHash = textHashFor(line, policy);
      const content = contentOf(partition, { ...line, signed: { textHash, signature: "" } });
      try {
        const { signature } = signReceipt(await keyOf(content.site), content);
        return { ...line, signed: { textHash, signature } };
      } catch (error) {
        report(error);
        return line;
      }
    },
    async verify(site, receipt) {
      const said = (receipt as { site?: unknown } | null)?.site;
      return said === site && isSignedReceipt(await keyOf(site), receipt);
    },
  };
}
