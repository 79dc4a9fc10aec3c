import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AuditCheckpoint,
  type AuditEntry,
  nextEntry,
  signCheckpoint,
  walkChain,
} from "./audit-chain.js";

const key = new Uint8Array(32).fill(7);

function chain(length: number): AuditEntry[] {
  const entries: AuditEntry[] = [];
  for (let i = 0; i < length; i++) {
    const detail = { removed: { events: i, sessions: 1 }, note: `n${i}` };
    entries.push(
      nextEntry(entries[i - 1] ?? null, { at: 1_700_000_000_000 + i, type: "erasure", actor: "ops", detail }),
    );
  }
  return entries;
}

const checkpointAt = (entries: readonly AuditEntry[], seq: number): AuditCheckpoint =>
  signCheckpoint(key, { site: "shop", seq, hash: entries[seq - 1]?.hash ?? "", at: 1 });

function verify(entries: readonly AuditEntry[], checkpoints: readonly AuditCheckpoint[], site = "shop") {
  const walk = walkChain(site, checkpoints, key);
  for (const entry of entries) walk.add(entry);
  return walk.end();
}

/** A copy in which `count` entries from `at` on are replaced by these. */
const spliced = (
  list: readonly AuditEntry[],
  at: number,
  count: number,
  ...by: AuditEntry[]
): AuditEntry[] => [...list.slice(0, at), ...by, ...list.slice(at + count)];

describe("T22: the audit log", () => {
  const entries = chain(12);
  const checkpoints = [checkpointAt(entries, 5), checkpointAt(entries, 12)];

  it("verifies as it was written", () => {
    expect(verify(entries, checkpoints)).toEqual({ ok: true, entries: 12 });
    expect(verify([], [])).toEqual({ ok: true, entries: 0 });
  });

  it("does not verify with something put into an entry under a name of JavaScript's own", () => {
    const [first] = entries as [AuditEntry];
    const edited = JSON.parse(
      JSON.stringify(first).replace('"detail":{', '"detail":{"__proto__":{"actor":"x"},'),
    ) as AuditEntry;
    expect(verify(spliced(entries, 0, 1, edited), [])).toEqual({ ok: false, seq: 1, reason: "altered" });
  });

  it("does not verify with one byte of any entry edited", () => {
    fc.assert(
      fc.property(fc.nat(11), fc.nat(), fc.integer({ min: 32, max: 126 }), (which, place, code) => {
        const text = JSON.stringify(entries[which]);
        const at = place % text.length;
        const edited = text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1);
        fc.pre(edited !== text);
        let entry: AuditEntry;
        try {
          entry = JSON.parse(edited) as AuditEntry;
        } catch {
          return;
        }
        // Another spelling of the same number is the same entry.
        fc.pre(JSON.stringify(entry) !== text);
        expect(verify(spliced(entries, which, 1, entry), checkpoints)).toMatchObject({
          ok: false,
          seq: which + 1,
        });
      }),
      { numRuns: 2000 },
    );
  });

  it("does not verify with an entry moved, doubled or taken out", () => {
    const swapped = spliced(entries, 3, 2, entries[4] as AuditEntry, entries[3] as AuditEntry);
    expect(verify(swapped, checkpoints)).toEqual({ ok: false, seq: 4, reason: "out-of-order" });
    expect(verify(spliced(entries, 6, 1), checkpoints)).toMatchObject({ ok: false, seq: 7 });
    expect(verify(spliced(entries, 6, 0, entries[6] as AuditEntry), checkpoints)).toMatchObject({
      ok: false,
    });
  });

  it("does not verify cut off or written anew behind a checkpoint", () => {
    expect(verify(entries.slice(0, 11), checkpoints)).toEqual({ ok: false, seq: 12, reason: "cut-off" });
    const anew = entries.slice(0, 3);
    for (let i = 3; i < 12; i++)
      anew.push(nextEntry(anew[i - 1] ?? null, { at: 9, type: "nothing", actor: "nobody", detail: {} }));
    expect(verify(anew, checkpoints)).toEqual({ ok: false, seq: 5, reason: "altered" });
  });

  it("takes no checkpoint that is forged, or of another site", () => {
    const [, last] = checkpoints;
    const forged = { ...(last as AuditCheckpoint), seq: 11, hash: entries[10]?.hash ?? "" };
    expect(verify(entries.slice(0, 11), [forged])).toMatchObject({ ok: false, reason: "checkpoint-forged" });
    expect(verify(entries, checkpoints, "other")).toMatchObject({ ok: false, reason: "checkpoint-forged" });
  });
});
