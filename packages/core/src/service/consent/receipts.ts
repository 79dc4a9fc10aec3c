import { versionKey } from "../../consent/policy.js";
import type { ConsentPolicy } from "../../consent/types.js";
import type { KeyProvider } from "../../ports/capabilities.js";
import {
  type ReceiptContent,
  type ReceiptKey,
  type ReceiptSigning,
  receiptSigning,
  type SignedConsentReceipt,
} from "../../privacy/index.js";
import type { ConsentLine } from "../layout/records.js";

/** Signs decisions as they are written down, and knows its signatures again. */
export interface ReceiptSigner {
  /** The line with its signature; as it is where the key is not to be had, which is reported: no refusal waits for a signature. */
  sign(partition: string, line: ConsentLine, policy: ConsentPolicy | null): Promise<ConsentLine>;
  verify(site: string, receipt: unknown): Promise<boolean>;
  publicKey(site: string): Promise<ReceiptKey>;
}

function contentOf(
  partition: string,
  { receipt, recordedAt, record }: ConsentLine,
  textHash: string | null,
): Omit<ReceiptContent, "v" | "key"> {
  const [site = "", ...subject] = partition.split("/");
  const { policyVersion, grants, mode, region, source, asked, decidedAt } = record;
  return {
    id: receipt,
    site,
    subject: subject.join("/"),
    decidedAt: new Date(decidedAt).toISOString(),
    recordedAt: new Date(recordedAt).toISOString(),
    policyVersion,
    textHash,
    purposes: grants,
    ...(asked && { asked }),
    mode,
    region,
    source,
  };
}

/** The receipt of a line; null of one that nobody has signed: what a visitor has from its user, and what was written before there were signatures. */
export function receiptOf(partition: string, line: ConsentLine): SignedConsentReceipt | null {
  if (!line.signed) return null;
  const { textHash, signature, key } = line.signed;
  const content = contentOf(partition, line, textHash);
  return key === undefined ? { v: 1, ...content, signature } : { v: 2, ...content, key, signature };
}

/** The text that was agreed to is known where the decision is about the policy that holds here. */
const textHashFor = ({ record }: ConsentLine, policy: ConsentPolicy | null): string | null =>
  (policy !== null && versionKey(policy.version) === record.policyVersion ? policy.textHash : null) ?? null;

export function createReceiptSigner(keys: KeyProvider, report: (error: unknown) => void): ReceiptSigner {
  const known = new Map<string, Promise<ReceiptSigning>>();
  const signingOf = async (site: string): Promise<ReceiptSigning> => {
    const signing = known.get(site) ?? keys.key(site, "audit").then(receiptSigning);
    known.set(site, signing);
    try {
      return await signing;
    } catch (error) {
      known.delete(site);
      throw error;
    }
  };
  return {
    async sign(partition, line, policy) {
      const textHash = textHashFor(line, policy);
      const content = contentOf(partition, line, textHash);
      try {
        const { signature, key } = await (await signingOf(content.site)).sign(content);
        return { ...line, signed: { textHash, signature, ...(key !== undefined && { key }) } };
      } catch (error) {
        report(error);
        return line;
      }
    },
    async verify(site, receipt) {
      const said = (receipt as { site?: unknown } | null)?.site;
      return said === site && (await signingOf(site)).verify(receipt);
    },
    publicKey: async (site) => (await signingOf(site)).publicKey,
  };
}
