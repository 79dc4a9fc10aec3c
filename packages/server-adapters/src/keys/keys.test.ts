import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  linkSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { KMSClient } from "@aws-sdk/client-kms";
import { memoryStore } from "@attune/core/memory";
import { afterAll, describe, expect, it, vi } from "vitest";
import { fileKeys, kmsKeys, type RotatingKeys } from "./index.js";

const closing: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closing) await close();
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "attune-keys-"));
  closing.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A server that answers the wire protocol of KMS (AWS JSON 1.1) with real encryption bound to the context; it counts its calls. */
async function kmsServer() {
  const master = randomBytes(32);
  const calls = { Encrypt: 0, Decrypt: 0 };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, string>;
    const target = String(request.headers["x-amz-target"]).split(".")[1] as keyof typeof calls;
    calls[target]++;
    const context = Buffer.from(JSON.stringify(body.EncryptionContext));
    const answer = (status: number, said: object): void =>
      void response
        .writeHead(status, { "content-type": "application/x-amz-json-1.1" })
        .end(JSON.stringify(said));
    if (target === "Encrypt") {
      const iv = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", master, iv).setAAD(context);
      const text = Buffer.concat([cipher.update(body.Plaintext ?? "", "base64"), cipher.final()]);
      return answer(200, {
        CiphertextBlob: Buffer.concat([iv, cipher.getAuthTag(), text]).toString("base64"),
      });
    }
    try {
      const blob = Buffer.from(body.CiphertextBlob ?? "", "base64");
      const decipher = createDecipheriv("aes-256-gcm", master, blob.subarray(0, 12))
        .setAAD(context)
        .setAuthTag(blob.subarray(12, 28));
      const text = Buffer.concat([decipher.update(blob.subarray(28)), decipher.final()]);
      answer(200, { Plaintext: text.toString("base64") });
    } catch {
      answer(400, { __type: "InvalidCiphertextException", message: "" });
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => server.close());
  const { port } = server.address() as { port: number };
  const client = new KMSClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: "eu-central-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
  });
  closing.push(() => client.destroy());
  return { client, calls };
}

type Kind = () => Promise<{ open(): RotatingKeys }>;
const kinds: readonly (readonly [string, Kind])[] = [
  [
    "files",
    async () => {
      const directory = join(folder(), "keys");
      return { open: () => fileKeys({ directory }) };
    },
  ],
  [
    "KMS",
    async () => {
      const { client } = await kmsServer();
      const store = memoryStore();
      return { open: () => kmsKeys({ client, keyId: "alias/attune", store }) };
    },
  ],
];

describe.each(kinds)("keys kept in %s", (_name, kind) => {
  it("are made once, the same for every process, another for each site and use", async () => {
    const { open } = await kind();
    const found = await Promise.all(Array.from({ length: 8 }, () => open().key("shop", "pseudonym")));
    expect(new Set(found.map((key) => Buffer.from(key).toString("hex"))).size).toBe(1);
    expect(found[0]).toHaveLength(32);
    const others = [await open().key("shop", "audit"), await open().key("blog", "pseudonym")];
    for (const other of others) expect(Buffer.from(other).equals(found[0] as Uint8Array)).toBe(false);
  });

  it("wrap under the last one made; earlier ones stay by their names", async () => {
    const { open } = await kind();
    const first = await open().wrapping("shop");
    expect(await open().wrapping("shop")).toEqual(first);
    const name = await open().rotate("shop");
    const second = await open().wrapping("shop");
    expect(second?.id).toBe(name);
    expect(second?.id).not.toBe(first?.id);
    expect(await open().wrapping("shop", first?.id)).toEqual(first);
    expect(await open().wrapping("shop", "wrapping-none")).toBeNull();
    expect(await open().wrapping("shop", "pseudonym")).toBeNull();
  });

  it("wrap under a new one also where a clock has been set back, and at once after another", async () => {
    const { open } = await kind();
    const clock = vi.spyOn(Date, "now").mockReturnValue(Date.now() + 3_600_000);
    await open().rotate("shop");
    clock.mockRestore();
    for (let i = 0; i < 5; i++) {
      const name = await open().rotate("shop");
      expect((await open().wrapping("shop"))?.id).toBe(name);
    }
  });

  it("take no site that leads elsewhere", async () => {
    const { open } = await kind();
    for (const site of ["..", "../x", "a/b", "", "_"])
      await expect(open().key(site, "audit")).rejects.toMatchObject({ code: "ATTUNE_KEYS_SITE" });
  });
});

describe("files", () => {
  it("are for their owner only, and a damaged one is refused, not replaced", async () => {
    const directory = join(folder(), "keys");
    const keys = fileKeys({ directory });
    await keys.key("shop", "pseudonym");
    const path = join(directory, "shop", "pseudonym");
    expect(readdirSync(join(directory, "shop"))).toEqual(["pseudonym"]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, "shop")).mode & 0o777).toBe(0o700);
    writeFileSync(path, "half of it");
    await expect(keys.key("shop", "pseudonym")).rejects.toMatchObject({ code: "ATTUNE_KEYS_FILE" });
  });

  it("have no second name for long, so that who removes one destroys it", async () => {
    const directory = join(folder(), "keys");
    const keys = fileKeys({ directory });
    const name = await keys.rotate("shop");
    const site = join(directory, "shop");
    // As of a process that died before it had removed its own, and of one that is at work.
    const [left, fresh] = [join(site, ".0123456789abcdef"), join(site, ".fedcba9876543210")];
    linkSync(join(site, name), left);
    utimesSync(left, 0, 0);
    writeFileSync(fresh, "");
    await keys.rotate("shop");
    const names = readdirSync(site);
    expect(names.filter((one) => one.startsWith("."))).toEqual([basename(fresh)]);
    expect(names.filter((one) => one.startsWith("wrapping-"))).toHaveLength(2);
  });

  it.skipIf(process.platform !== "linux")(
    "survive a loss of power together with the folders made for them",
    async () => {
      const root = realpathSync(folder());
      const synced: string[] = [];
      const handle = await open(root, "r");
      const files = Object.getPrototypeOf(handle) as typeof handle;
      const { sync } = files;
      await handle.close();
      const watched = vi.spyOn(files, "sync").mockImplementation(function (this: typeof handle) {
        synced.push(readlinkSync(`/proc/self/fd/${this.fd}`));
        return sync.call(this);
      });
      try {
        await fileKeys({ directory: join(root, "etc", "keys") }).key("shop", "pseudonym");
      } finally {
        watched.mockRestore();
      }
      const shop = join(root, "etc", "keys", "shop");
      expect(synced).toEqual(
        expect.arrayContaining([shop, join(root, "etc", "keys"), join(root, "etc"), root]),
      );
    },
  );
});

describe("KMS", () => {
  it("never sees the store's keys in clear, and refuses one moved to another site", async () => {
    const { client, calls } = await kmsServer();
    const store = memoryStore();
    const keys = kmsKeys({ client, keyId: "alias/attune", store });
    const key = await keys.key("shop", "audit");
    const kept = await store.get<{ cipher: string }>("_/kms/shop", "audit");
    expect(Buffer.from(kept?.value.cipher ?? "", "base64").includes(Buffer.from(key))).toBe(false);
    await store.put("_/kms/blog", "audit", kept?.value);
    await expect(keys.key("blog", "audit")).rejects.toMatchObject({
      code: "ATTUNE_KEYS_KMS",
      message: expect.stringContaining("(InvalidCiphertextException)") as string,
    });
    expect(calls).toEqual({ Encrypt: 1, Decrypt: 1 });
  });
});
