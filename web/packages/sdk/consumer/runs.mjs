// What is installed runs, and refuses what it must.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createPortico, PorticoError, verifyWebhook, WebhookVerificationError } from "@portico/sdk";
import { hasPasskeys } from "@portico/sdk/passkeys";

const portico = createPortico({ baseUrl: "http://127.0.0.1:9", token: "sk" });
await assert.rejects(portico.get("/v1/users"), (error) => error instanceof PorticoError && error.status === 0);
assert.equal(hasPasskeys(), false);

const body = JSON.stringify({ id: "evt_1", type: "user.created" });
const key = Buffer.alloc(32, 7);
const secret = `whsec_${key.toString("base64")}`;
const timestamp = String(Math.floor(Date.now() / 1000));
const signature = createHmac("sha256", key).update(`msg_1.${timestamp}.${body}`).digest("base64");
const headers = new Headers({
  "webhook-id": "msg_1",
  "webhook-timestamp": timestamp,
  "webhook-signature": `v1,${signature}`,
});
assert.equal((await verifyWebhook({ secret, body, headers })).id, "evt_1");
await assert.rejects(verifyWebhook({ secret, body: `${body} `, headers }), WebhookVerificationError);
