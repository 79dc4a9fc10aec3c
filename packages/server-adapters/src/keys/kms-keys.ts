import { AttuneError } from "@attune/core";
import type { Store } from "@attune/core/ports";
import type { KMSClient } from "@aws-sdk/client-kms";
import { type KeyShelf, type RotatingKeys, rotatingKeys } from "./rotating.js";

export interface KmsKeysOptions {
  /** The host's client; `@aws-sdk/client-kms` is loaded at the first use. */
  client: Pick<KMSClient, "send">;
  /** Id, ARN or alias of a symmetric key. Needs `kms:Encrypt` and `kms:Decrypt`, no more. */
  keyId: string;
  /** Where the encrypted keys are kept; durable, and shared by all processes. */
  store: Store;
}

/** No site can be called `_`. */
const partition = (site: string): string => `_/kms/${site}`;

interface KeptKey {
  v: 1;
  /** What KMS made of the key, base64. */
  cipher: string;
}

/**
 * Keys made here, encrypted by AWS KMS (or whatever answers its protocol), kept in a store: a process asks KMS once per key at its start,
 * never per subject. The encryption context binds each to its site and name, and shows in CloudTrail.
 *
 * @throws AttuneError from its calls: `ATTUNE_KEYS_SITE`, `ATTUNE_KEYS_KMS` where KMS refuses or does not answer, and those of the store.
 */
export function kmsKeys({ client, keyId, store }: KmsKeysOptions): RotatingKeys {
  const context = (site: string, name: string): Record<string, string> => ({ site, name });
  const get: KeyShelf["get"] = async (site, name) => {
    const kept = await store.get<KeptKey>(partition(site), name);
    if (kept === null) return null;
    const { DecryptCommand } = await import("@aws-sdk/client-kms");
    const command = new DecryptCommand({
      KeyId: keyId,
      CiphertextBlob: Buffer.from(kept.value.cipher, "base64"),
      EncryptionContext: context(site, name),
    });
    const { Plaintext } = await client.send(command).catch(refused);
    return complete(Plaintext);
  };
  return rotatingKeys({
    get,
    async add(site, name, key) {
      const { EncryptCommand } = await import("@aws-sdk/client-kms");
      const command = new EncryptCommand({
        KeyId: keyId,
        Plaintext: key,
        EncryptionContext: context(site, name),
      });
      const { CiphertextBlob } = await client.send(command).catch(refused);
      const cipher = Buffer.from(complete(CiphertextBlob)).toString("base64");
      const { written } = await store.put(partition(site), name, { v: 1, cipher } satisfies KeptKey, {
        ifVersion: 0,
      });
      return written ? key : ((await get(site, name)) as Uint8Array);
    },
    async names(site, prefix) {
      const names: string[] = [];
      for await (const { sort } of store.scan(partition(site), { prefix })) names.push(sort);
      return names;
    },
  });
}

function refused(cause: unknown): never {
  const name = cause instanceof Error ? cause.name : "unknown";
  throw new AttuneError(
    "ATTUNE_KEYS_KMS",
    `KMS did not encrypt or decrypt a key (${name}). Look at region, network and key id, and that kms:Encrypt and kms:Decrypt are allowed.`,
    { cause },
  );
}

function complete(bytes: Uint8Array | undefined): Uint8Array {
  if (bytes !== undefined) return bytes;
  throw new AttuneError("ATTUNE_KEYS_KMS", "KMS answered without the bytes that were asked for.");
}
