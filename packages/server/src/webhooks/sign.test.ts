import { describe, expect, it } from "vitest";
import { sign, verifyWebhook } from "./sign.js";

/** The example of the scheme's own specification. */
const EXAMPLE = {
  secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  message: { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", body: '{"test": 2432232314}' },
  at: 1_614_265_330_000,
  signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
};
const { secret, message, at } = EXAMPLE;
const OTHER = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;

describe("T18 signatures of webhooks", () => {
  it("are those of the Standard Webhooks scheme", () => {
    expect(sign(message, [secret], at)).toEqual({
      "webhook-id": message.id,
      "webhook-timestamp": "1614265330",
      "webhook-signature": EXAMPLE.signature,
    });
  });

  it("hold under either secret while the one takes the place of the other", () => {
    const headers = sign(message, [secret, OTHER], at);
    expect(headers["webhook-signature"].split(" ")).toHaveLength(2);
    for (const secrets of [[secret], [OTHER]])
      expect(verifyWebhook(message.body, headers, { secrets, at })).toBe(true);
    expect(verifyWebhook(message.body, sign(message, [secret], at), { secrets: [OTHER], at })).toBe(false);
  });

  it("do not hold where there are none", () => {
    const none = {} as ReturnType<typeof sign>;
    expect(verifyWebhook(message.body, none, { secrets: [secret], at })).toBe(false);
  });

  it("hold for their message, and for five minutes", () => {
    const headers = sign(message, [secret], at);
    const holds = (body: string, more = {}, late = 0): boolean =>
      verifyWebhook(body, { ...headers, ...more }, { secrets: [secret], at: at + late });
    expect(holds(message.body, {}, 299_000)).toBe(true);
    expect(holds(message.body, {}, 301_000)).toBe(false);
    expect(holds(message.body, {}, -301_000)).toBe(false);
    expect(holds(`${message.body} `)).toBe(false);
    expect(holds(message.body, { "webhook-id": "msg_other" })).toBe(false);
    expect(holds(message.body, { "webhook-timestamp": "1614265331" })).toBe(false);
    expect(holds(message.body, { "webhook-timestamp": "soon" })).toBe(false);
    expect(holds(message.body, { "webhook-signature": "v1," })).toBe(false);
  });
});
