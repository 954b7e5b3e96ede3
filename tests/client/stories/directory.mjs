// A directory: the token, a provisioned person in the portal, and the end of their access.
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { createClient } from "../support/generations.mjs";
import { ok, refused } from "../support/expect.mjs";
import { admin as administrator } from "../support/portico.mjs";

const PASSWORD = "the first password of dora";
const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

export function directory({ generation, server }) {
  describe("a directory", () => {
    const email = "dora@acme.example";
    let admin, organizationId, scimToken, dora, doraId;

    // 1.6 has methods for the management of tokens; 1.7 has none and calls the paths.
    const manage = (name, body) =>
      generation === "1.6"
        ? admin.client.scim[name](body)
        : admin.client.$fetch(`/scim/${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, body.query ? { query: body.query } : { method: "POST", body });
    const scim = async (method, path, body, token = scimToken) => {
      const response = await fetch(`${server().base}/api/auth/scim/v2${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/scim+json" }) },
        body: body && JSON.stringify(body),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : null };
    };
    const activate = (active) => scim("PATCH", `/Users/${doraId}`, { schemas: [PATCH], Operations: [{ op: "replace", path: "active", value: active }] });
    const listed = async () => {
      const { members } = ok(await admin.client.organization.listMembers({ query: { organizationId } }));
      return members.find((one) => one.user.email === email);
    };

    before(async () => {
      const { base, boot } = server();
      organizationId = boot.organization_id;
      admin = createClient(generation, base);
      ok(await admin.client.signIn.email(administrator));
    });

    it("the admin makes a token for the organization", async () => {
      ({ scimToken } = ok(await manage("generateToken", { providerId: "okta", organizationId })));
      assert.equal(typeof scimToken, "string");
      assert.equal(admin.browser.last.status, 201);
    });

    it("a stranger does not", async () => {
      const eve = createClient(generation, server().base);
      ok(await eve.client.signUp.email({ name: "Eve", email: "eve@elsewhere.example", password: PASSWORD }));
      const asked = await eve.client.$fetch("/scim/generate-token", { method: "POST", body: { providerId: "okta", organizationId } });
      refused(asked, 403);
      const instance = await eve.client.$fetch("/scim/generate-token", { method: "POST", body: { providerId: "okta" } });
      refused(instance, 403);
    });

    it("the connection is listed and read", async () => {
      const { providers } = ok(await manage("listProviderConnections", { query: {} }));
      const mine = providers.filter((one) => one.organizationId === organizationId && one.providerId === "okta");
      assert.equal(mine.length, 1);
      const read = ok(await manage("getProviderConnection", { query: { providerId: "okta", organizationId } }));
      assert.deepEqual([read.id, read.providerId, read.organizationId], [mine[0].id, "okta", organizationId]);
    });

    it("a person is provisioned with it and is in the portal's member list", async () => {
      const made = await scim("POST", "/Users", {
        schemas: [USER],
        userName: email,
        externalId: "00u-dora",
        active: true,
        name: { givenName: "Dora", familyName: "Directory" },
        emails: [{ value: email, type: "work", primary: true }],
      });
      assert.equal(made.status, 201, JSON.stringify(made.body));
      assert.match(made.headers.get("content-type"), /scim\+json/);
      doraId = made.body.id;
      const entry = await listed();
      assert.equal(entry?.role, "member");
      assert.equal(entry.user.name, "Dora Directory");
    });

    it("the person gets in through the mailbox", async () => {
      dora = createClient(generation, server().base);
      ok(await dora.client.requestPasswordReset({ email, redirectTo: "/" }));
      const [, token] = await server().mail.wait(email, /\/reset-password\/([A-Za-z0-9_-]+)/);
      ok(await dora.client.resetPassword({ newPassword: PASSWORD, token }));
      ok(await dora.client.signIn.email({ email, password: PASSWORD }));
      assert.equal(ok(await dora.client.getSession()).user.name, "Dora Directory");
      assert.deepEqual(ok(await dora.client.organization.list()).map((one) => one.id), [organizationId]);
    });

    it("deactivated, the very next request has no session", async () => {
      const token = dora.browser.last && ok(await dora.client.getSession()).session.token;
      const answer = await activate(false);
      assert.ok([200, 204].includes(answer.status), JSON.stringify(answer.body));
      assert.equal(ok(await dora.client.getSession()), null);
      refused(await dora.client.listSessions(), 401, "UNAUTHORIZED");
      assert.equal(ok(await createClient(generation, server().base, { token }).client.getSession()), null);
      const again = await dora.client.signIn.email({ email, password: PASSWORD });
      assert.ok([401, 403].includes(again.error?.status), JSON.stringify(again));
      assert.equal(await listed(), undefined);
    });

    it("activated again, the person signs in and is a member", async () => {
      await activate(true);
      ok(await dora.client.signIn.email({ email, password: PASSWORD }));
      assert.equal((await listed())?.role, "member");
    });

    it("a new token of the same provider ends the old one", async () => {
      const old = scimToken;
      ({ scimToken } = ok(await manage("generateToken", { providerId: "okta", organizationId })));
      assert.equal((await scim("GET", "/Users?count=1", undefined, old)).status, 401);
      assert.equal((await scim("GET", `/Users/${doraId}`)).status, 200);
    });

    it("the connection is deleted: its token is refused at once", async () => {
      assert.equal(ok(await manage("deleteProviderConnection", { providerId: "okta", organizationId })).success, true);
      assert.equal((await scim("GET", "/Users?count=1")).status, 401);
      refused(await manage("getProviderConnection", { query: { providerId: "okta", organizationId } }), 404);
    });
  });
}
