import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { verifyWebhook } from "../src/index.js";

const secret = `whsec_${Buffer.from("a secret of thirty-two bytes....").toString("base64")}`;
const body = '{"type":"user.created","data":{"name":"Zoë"}}';
const now = 1_767_225_600_000;

function headers(key = secret, content = body, at = String(now / 1000)) {
  const signature = createHmac("sha256", Buffer.from(key.slice(6), "base64"))
    .update(`evt_1.${at}.${content}`)
    .digest("base64");
  return { "Webhook-Id": "evt_1", "webhook-timestamp": at, "webhook-signature": `v1,AAAA v2,x v1,${signature}` };
}

test("a webhook that Portico signed is an event", async () => {
  expect(await verifyWebhook({ secret, body, headers: headers(), now })).toMatchObject({ type: "user.created" });
  const bytes = new TextEncoder().encode(body);
  expect(
    await verifyWebhook({
      secret: [`whsec_${btoa("the next")}`, secret],
      body: bytes,
      headers: new Headers(headers()),
      now,
    }),
  ).toBeTruthy();
});

test.each([
  ["another body", { body: `${body} ` }],
  ["another secret", { secret: `whsec_${btoa("somebody else's")}` }],
  ["an old one", { now: now + 301_000 }],
  ["one of the future", { now: now - 301_000 }],
  ["no signature", { headers: { ...headers(), "webhook-signature": undefined } }],
  ["a timestamp that is none", { headers: { ...headers(), "webhook-timestamp": "soon" } }],
  ["another id", { headers: { ...headers(), "Webhook-Id": "evt_2" } }],
])("%s is refused", async (_, change) => {
  await expect(verifyWebhook({ secret, body, headers: headers(), now, ...change })).rejects.toMatchObject({
    name: "WebhookVerificationError",
  });
});
