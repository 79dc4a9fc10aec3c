/** What WebCrypto is to this room. Browsers, Node, workers and edge runtimes all have it; the bare language library does not declare it. */
interface Subtle {
  importKey(
    format: "raw",
    bytes: Uint8Array,
    algorithm: "AES-GCM",
    extractable: false,
    uses: readonly string[],
  ): Promise<object>;
  importKey(
    format: "pkcs8" | "jwk",
    key: Uint8Array | object,
    algorithm: "Ed25519",
    extractable: boolean,
    uses: readonly string[],
  ): Promise<object>;
  exportKey(format: "jwk", key: object): Promise<{ x: string }>;
  sign(algorithm: "Ed25519", key: object, data: Uint8Array): Promise<ArrayBuffer>;
  verify(algorithm: "Ed25519", key: object, signature: Uint8Array, data: Uint8Array): Promise<boolean>;
  encrypt(algorithm: GcmParameters, key: object, data: Uint8Array): Promise<ArrayBuffer>;
  decrypt(algorithm: GcmParameters, key: object, data: Uint8Array): Promise<ArrayBuffer>;
}

interface GcmParameters {
  name: "AES-GCM";
  iv: Uint8Array;
  additionalData: Uint8Array;
}

interface WebCrypto {
  subtle: Subtle;
  getRandomValues(bytes: Uint8Array): Uint8Array;
}

export const platformCrypto = (): WebCrypto => (globalThis as unknown as { crypto: WebCrypto }).crypto;

interface Cipher {
  setAAD(bytes: Uint8Array): void;
  update(text: string, encoding: "utf8"): Uint8Array;
  final(): Uint8Array;
  getAuthTag(): Uint8Array;
}

interface Decipher {
  setAAD(bytes: Uint8Array): void;
  setAuthTag(bytes: Uint8Array): void;
  update(bytes: Uint8Array, from: undefined, to: "utf8"): string;
  final(to: "utf8"): string;
}

interface NodeCrypto {
  createSecretKey(bytes: Uint8Array): object;
  createCipheriv(algorithm: "aes-256-gcm", key: object, iv: Uint8Array): Cipher;
  createDecipheriv(
    algorithm: "aes-256-gcm",
    key: object,
    iv: Uint8Array,
    options: { authTagLength: number },
  ): Decipher;
  createPrivateKey(given: { key: Uint8Array; format: "der"; type: "pkcs8" }): object;
  createPublicKey(given: object): { export(options: { format: "jwk" }): { x: string } };
  sign(algorithm: null, data: Uint8Array, key: object): Uint8Array;
  verify(algorithm: null, data: Uint8Array, key: object, signature: Uint8Array): boolean;
}

/** Node's own crypto module, asked for in the one way that needs no import, so that this room loads anywhere; null where there is none. */
export function nodeCrypto(): NodeCrypto | null {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  return (process?.getBuiltinModule?.("node:crypto") as NodeCrypto | undefined) ?? null;
}
