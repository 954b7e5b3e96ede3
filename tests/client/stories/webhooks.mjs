// Webhooks: what a receiver gets is what the official library of Standard Webhooks verifies.
import assert from "node:assert/strict";
import http from "node:http";
import { after, before, describe, it } from "node:test";
import { Webhook, WebhookVerificationError } from "standardwebhooks";

/** A receiver that keeps what it gets. */
async function openReceiver() {
  const got = [];
  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      got.push({ headers: request.headers, body: Buffer.concat(chunks).toString("utf8") });
      response.writeHead(204).end();
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const wait = async (predicate) => {
    for (const deadline = Date.now() + 30_000; Date.now() < deadline; ) {
      const found = got.find(predicate);
      if (found) return found;
      await new Promise((done) => setTimeout(done, 20));
    }
    throw new Error(`it never came; these did: ${JSON.stringify(got)}`);
  };
  return { url: `http://127.0.0.1:${server.address().port}/hook`, wait, close: () => server.close() };
}

export function webhooks({ server }) {
  describe("a webhook", () => {
    let receiver, endpoint, organization;
    const call = async (method, path, body) => {
      const response = await fetch(`${server().base}/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${server().boot.secret_key}`, ...(body && { "content-type": "application/json" }) },
        body: body && JSON.stringify(body),
      });
      const text = await response.text();
      assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
      return text ? JSON.parse(text) : null;
    };
    const of = (type) => (message) => JSON.parse(message.body).type === type;

    before(async () => {
      receiver = await openReceiver();
      endpoint = await call("POST", "/webhooks/endpoints", { url: receiver.url, enabled_event_types: ["organization.created", "organization.updated"] });
    });
    after(() => receiver.close());

    it("is verified by the official library", async () => {
      organization = await call("POST", "/organizations", { name: "Müller & Söhne ✓" });
      const message = await receiver.wait(of("organization.created"));
      const payload = new Webhook(endpoint.signing_secret).verify(message.body, message.headers);
      assert.equal(payload.type, "organization.created");
      assert.equal(payload.data.organization.name, "Müller & Söhne ✓");
      assert.equal(payload.id, message.headers["webhook-id"]);
      assert.ok(Math.abs(Date.parse(payload.timestamp) - Date.now()) < 60_000, payload.timestamp);
      assert.match(message.headers["user-agent"], /^Portico-Webhooks\//);
    });

    it("is refused by it when a byte or the secret is another one", async () => {
      const message = await receiver.wait(of("organization.created"));
      const changed = message.body.replace("Söhne", "Söhno");
      assert.notEqual(changed, message.body);
      assert.throws(() => new Webhook(endpoint.signing_secret).verify(changed, message.headers), WebhookVerificationError);
      const other = new Webhook(`whsec_${Buffer.alloc(32, 7).toString("base64")}`);
      assert.throws(() => other.verify(message.body, message.headers), WebhookVerificationError);
    });

    it("is verified by the old and by the new secret while a rotation lasts", async () => {
      const rotated = await call("POST", `/webhooks/endpoints/${endpoint.id}/rotate-secret`);
      assert.notEqual(rotated.signing_secret, endpoint.signing_secret);
      await call("PATCH", `/organizations/${organization.id}`, { name: "Renamed" });
      const message = await receiver.wait(of("organization.updated"));
      for (const secret of [endpoint.signing_secret, rotated.signing_secret]) {
        assert.equal(new Webhook(secret).verify(message.body, message.headers).data.organization.name, "Renamed");
      }
    });

    it("is tried out, and each attempt is on record", async () => {
      const { event_id } = await call("POST", `/webhooks/endpoints/${endpoint.id}/test`);
      const message = await receiver.wait(of("webhook.test"));
      assert.equal(message.headers["webhook-id"], event_id);
      for (const deadline = Date.now() + 30_000; ; ) {
        const { data } = await call("GET", `/webhooks/deliveries?event_id=${event_id}`);
        if (data[0]?.succeeded) break;
        assert.ok(Date.now() < deadline, JSON.stringify(data));
        await new Promise((done) => setTimeout(done, 50));
      }
    });
  });
}
