import { afterEach, describe, expect, it, vi } from "vitest";
import { ed25519, isSignedBy, nodeSigner, nodeVerify, webSigner, webVerify } from "./ed25519.js";
import { fromBase64Url } from "./bytes.js";

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));
const url = (text: string): string => Buffer.from(text, "hex").toString("base64url");

/** RFC 8032 §7.1, tests 1 to 3. */
const VECTORS = [
  {
    seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    message: "",
    signature:
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  },
  {
    seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    message: "72",
    signature:
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  },
  {
    seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    message: "af82",
    signature:
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
  },
];

describe("Ed25519", () => {
  afterEach(() => void vi.unstubAllGlobals());

  it.each(VECTORS)("signs as RFC 8032 says, by Node and by WebCrypto ($message)", async (vector) => {
    const message = hex(vector.message);
    for (const signer of [nodeSigner(hex(vector.seed)), await webSigner(hex(vector.seed))]) {
      expect(signer?.publicKey).toBe(url(vector.publicKey));
      expect(await signer?.sign(message)).toBe(url(vector.signature));
    }
    expect(nodeVerify(url(vector.publicKey), message, hex(vector.signature))).toBe(true);
    expect(await webVerify(url(vector.publicKey), message, hex(vector.signature))).toBe(true);
    expect(await webVerify(url(vector.publicKey), hex("00"), hex(vector.signature))).toBe(false);
  });

  it("does by WebCrypto where there is no module of Node's", async () => {
    vi.stubGlobal("process", undefined);
    const signer = await ed25519(hex("9d".repeat(32)));
    const message = hex("af82");
    const signature = await signer.sign(message);
    expect(nodeSigner(hex("9d".repeat(32)))).toBeNull();
    expect(await isSignedBy(signer.publicKey, message, signature)).toBe(true);
    expect(await isSignedBy(signer.publicKey, hex("af83"), signature)).toBe(false);
  });

  it("takes nothing for a signature that is none, and no other text for the same one", async () => {
    const signer = await ed25519(hex("9d".repeat(32)));
    const message = hex("72");
    const signature = await signer.sign(message);
    const last = signature.slice(-1);
    const same = ["A", "B", "C", "D"].map((digit) => signature.slice(0, -1) + digit);
    expect(same.filter((text) => fromBase64Url(text)?.length === 64)).toHaveLength(4);
    for (const other of same.filter((text) => !text.endsWith(last)))
      expect(await isSignedBy(signer.publicKey, message, other)).toBe(false);
    for (const none of ["", "x", signature.slice(2), `${signature}AA`, null, 7, undefined])
      expect(await isSignedBy(signer.publicKey, message, none)).toBe(false);
    for (const key of ["", "x", "A".repeat(43), "A".repeat(60)])
      expect(await isSignedBy(key, message, signature)).toBe(false);
  });
});
