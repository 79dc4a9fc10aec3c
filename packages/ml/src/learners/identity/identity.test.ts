import { seededRandom } from "@attune/core";
import { describe, expect, it } from "vitest";
import { type Agreement, estimateLinks, linkProbability, type LinkModel } from "../index.js";

const MODEL: LinkModel = {
  prior: 0.01,
  fields: [
    { name: "network", m: 0.9, u: 0.01 },
    { name: "device", m: 0.8, u: 0.05 },
    { name: "town", m: 0.95, u: 0.2 },
  ],
};
const START: LinkModel = { prior: 0.1, fields: MODEL.fields.map(({ name }) => ({ name, m: 0.8, u: 0.2 })) };

describe("link probability", () => {
  it("is Bayes' rule", () => {
    const { probability, suggestion } = linkProbability(MODEL, [true, false, true]);
    const one = 0.01 * 0.9 * 0.2 * 0.95;
    const two = 0.99 * 0.01 * 0.95 * 0.2;
    expect(probability).toBeCloseTo(one / (one + two), 12);
    expect(suggestion).toBe(probability < 0.5 ? "reject" : "review");
    expect(linkProbability({ ...MODEL, prior: 0.5 }, [true, true, true]).suggestion).toBe("link");
  });

  it("says that it knows nothing where every value is missing", () => {
    const found = linkProbability(MODEL, [null, null, null]);
    expect(found.suggestion).toBe("no-evidence");
    expect(found.probability).toBeCloseTo(0.01, 12);
    expect(found.evidence.map(({ weight }) => weight)).toEqual([null, null, null]);
  });

  it("takes a rare value for more than a common one, where it agrees alone", () => {
    const by = (frequency: number, agrees: Agreement) =>
      linkProbability(MODEL, [agrees, true, true], { termFrequencies: [frequency] }).weight;
    expect(by(0.001, true)).toBeGreaterThan(by(0.01, true));
    expect(by(0.01, true)).toBeGreaterThan(by(0.3, true));
    expect(by(0.001, false)).toBe(by(0.3, false));
  });

  it("refuses what is no probability and no comparison", () => {
    const input = (path: string) => expect.objectContaining({ code: "ATTUNE_ML_INPUT", path });
    expect(() => linkProbability(MODEL, [true])).toThrow(input("/agreements"));
    expect(() => linkProbability({ ...MODEL, prior: 0 }, [true, true, true])).toThrow(input("/model/prior"));
    expect(() => linkProbability({ prior: 0.1, fields: [{ name: "x", m: NaN, u: 0.1 }] }, [true])).toThrow(
      input("/model/fields/0"),
    );
    expect(() => linkProbability(MODEL, [true, true, true], { termFrequencies: [0] })).toThrow(
      input("/options/termFrequencies/0"),
    );
    expect(() => estimateLinks([], START)).toThrow(input("/patterns"));
    expect(() => estimateLinks([{ agreements: [null, null, null], count: 5 }], START)).toThrow(
      input("/patterns"),
    );
    expect(() => estimateLinks([{ agreements: [true, true, true], count: -1 }], START)).toThrow(
      input("/patterns/0/count"),
    );
  });
});

describe("estimate of links", () => {
  it("recovers what pairs were drawn by, with values missing, and its likelihood never falls", () => {
    const random = seededRandom(11);
    const counts = new Map<string, number>();
    for (let i = 0; i < 60_000; i++) {
      const isOne = random() < 0.1;
      const drawn = MODEL.fields.map(({ m, u }) => (random() < 0.1 ? null : random() < (isOne ? m : u)));
      const key = JSON.stringify(drawn);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const patterns = [...counts].map(([key, count]) => ({
      agreements: JSON.parse(key) as Agreement[],
      count,
    }));
    const { model, converged } = estimateLinks(patterns, START);
    expect(converged).toBe(true);
    expect(Math.abs(model.prior - 0.1)).toBeLessThan(0.02);
    model.fields.forEach(({ m, u }, i) => {
      expect(Math.abs(m - (MODEL.fields[i]?.m as number))).toBeLessThan(0.05);
      expect(Math.abs(u - (MODEL.fields[i]?.u as number))).toBeLessThan(0.02);
    });
    const likelihoods = [1, 2, 5, 20].map(
      (iterations) => estimateLinks(patterns, START, { iterations, tolerance: 0 }).logLikelihood,
    );
    expect([...likelihoods].sort((a, b) => a - b)).toEqual(likelihoods);
  });

  it("stays inside (0, 1) where all agree", () => {
    const { model } = estimateLinks([{ agreements: [true, true, true], count: 10 }], START);
    expect(linkProbability(model, [true, true, true]).probability).toBeGreaterThan(0);
  });
});
