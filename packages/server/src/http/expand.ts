import type { Transform } from "node:stream";
import zlib from "node:zlib";
import { Refusal } from "./refusal.js";

/** Told how many bytes of a body are held by now, as it arrives. @throws Refusal where there is no room for them. */
export type Hold = (bytes: number) => void;

type MakeDecoder = () => Transform;

/** What the types of the oldest Node that is supported do not know. */
interface Zstd {
  createZstdDecompress(options: { params: Readonly<Record<number, number>> }): Transform;
  constants: { ZSTD_d_windowLogMax: number };
}
const zstd = "createZstdDecompress" in zlib ? (zlib as unknown as Zstd) : null;
/** What a body may ask its decoder to hold, as a power of two: 8 MiB, and no sender may ask for more (RFC 9659 §3). */
const ZSTD_WINDOW_LOG = 23;

/** Those that this runtime has. */
const DECODERS: Readonly<Record<string, MakeDecoder>> = {
  gzip: () => zlib.createGunzip(),
  br: () => zlib.createBrotliDecompress(),
  ...(zstd && {
    zstd: () =>
      zstd.createZstdDecompress({ params: { [zstd.constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } }),
  }),
};

export const ENCODINGS: readonly string[] = Object.keys(DECODERS);

export const decoderOf = (encoding: string): MakeDecoder | undefined =>
  Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding] : undefined;

/**
 * What was compressed. Each piece is counted as it comes out, so that neither one small body nor many at once can become a large memory.
 *
 * @throws Refusal 413 beyond `limit` bytes, 400 for what does not decompress, and what `hold` throws.
 */
export async function expand(
  decoder: Transform,
  sent: Uint8Array,
  { limit, hold }: { limit: number; hold: Hold },
): Promise<Uint8Array> {
  const pieces: Buffer[] = [];
  let size = 0;
  decoder.end(sent);
  try {
    for await (const piece of decoder as AsyncIterable<Buffer>) {
      size += piece.byteLength;
      if (size > limit) throw tooLarge(limit);
      hold(sent.byteLength + size);
      pieces.push(piece);
    }
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    const detail = "The body is not what its content-encoding says.";
    throw new Refusal(400, "ATTUNE_SERVER_BODY_ENCODING", detail, { cause });
  }
  return Buffer.concat(pieces, size);
}

const tooLarge = (limit: number): Refusal =>
  new Refusal(
    413,
    "ATTUNE_SERVER_BODY_SIZE",
    `The body exceeds ${limit} bytes as decompressed; send fewer events at a time.`,
  );
