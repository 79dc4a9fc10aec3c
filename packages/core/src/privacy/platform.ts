/** What WebCrypto is to this room. Browsers, Node, workers and edge runtimes all have it; the bare language library does not declare it. */
interface Subtle {
  importKey(
    format: "raw",
    bytes: Uint8Array,
    algorithm: "AES-GCM",
    extractable: false,
    uses: readonly string[],
  ): Promise<object>;
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
