import { describe, expect, it } from "vitest";
import { persona, type PersonaModel, shippablePersona, trainPersona } from "../index.js";

const SESSIONS = Array.from({ length: 60 }, (_, i) =>
  i % 3 === 0
    ? { events: [["tents"], ["stoves", "common"]], persona: "camper" }
    : { events: [["laptops"], ["cables", "common"]], persona: "tinkerer" },
);

describe("persona", () => {
  it("moves with every event, abstains until it is sure, and says why", () => {
    const tracker = persona(trainPersona(SESSIONS), { threshold: 0.9 });
    expect(tracker.estimate).toMatchObject({ persona: null, reason: "no-evidence", evidence: 0 });
    expect(tracker.observe(["never-seen"])).toMatchObject({ persona: null, reason: "no-evidence" });
    expect(tracker.observe(["common"])).toMatchObject({ persona: null, reason: "unsure", evidence: 1 });
    const sure = tracker.observe(["tents", "stoves"]);
    expect(sure).toMatchObject({ persona: "camper", reason: null, evidence: 3 });
    expect(sure.probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
  });

  it("counts a token once, whatever the order, and goes on from its state", () => {
    const model = trainPersona(SESSIONS);
    const [a, b] = [persona(model), persona(model)];
    a.observe(["tents", "common", "tents"]);
    b.observe(["common"]);
    b.observe(["tents"]);
    expect(a.estimate.probabilities[0]).toBeCloseTo(b.estimate.probabilities[0] as number, 12);
    const stored = JSON.parse(JSON.stringify(a.state)) as typeof a.state;
    expect(persona(JSON.parse(JSON.stringify(model)) as PersonaModel, {}, stored).estimate).toEqual(
      a.estimate,
    );
  });

  it("takes no harm from tokens named like parts of an object", () => {
    expect(persona(trainPersona(SESSIONS)).observe(["constructor", "__proto__"]).evidence).toBe(0);
  });

  it("is the same for the same seed", () => {
    expect(trainPersona(SESSIONS, { seed: 4 })).toEqual(trainPersona(SESSIONS, { seed: 4 }));
  });

  it("does not ship one that names a protected attribute", () => {
    const model = trainPersona(SESSIONS);
    expect(shippablePersona(model)).toBe(model);
    expect(() => shippablePersona({ ...model, personas: ["camper", "Female"] })).toThrow(
      expect.objectContaining({ code: "ATTUNE_ML_PROTECTED_PERSONA", path: "/personas/1" }),
    );
  });

  it("refuses one persona alone, nothing, and what is no model", () => {
    const input = (path: string) => expect.objectContaining({ code: "ATTUNE_ML_INPUT", path });
    expect(() => trainPersona([])).toThrow(input("/sessions"));
    expect(() => trainPersona([{ events: [["a"]], persona: "only" }])).toThrow(input("/sessions"));
    expect(() => trainPersona(SESSIONS, { l2: NaN })).toThrow(input("/options/l2"));
    const format = expect.objectContaining({ code: "ATTUNE_ML_MODEL_FORMAT" });
    expect(() => persona({} as PersonaModel)).toThrow(format);
    const model = trainPersona(SESSIONS);
    const broken = persona({ ...model, weights: { ...model.weights, tents: [1] } });
    expect(broken.observe(["stoves"]).evidence).toBe(1);
    expect(() => broken.observe(["tents"])).toThrow(format);
  });
});
