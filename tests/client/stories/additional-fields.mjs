// Fields of an operator's own, through a client that was told of them.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createClient } from "../support/generations.mjs";
import { ok, refused } from "../support/expect.mjs";

const PASSWORD = "a password of the fields";
const setting = (owner, name, key) => `PORTICO__ADDITIONAL_FIELDS__${owner}__${name}__${key}`;

/** What declares them. */
export const someFields = {
  [setting("USER", "COMPANY", "TYPE")]: "string",
  [setting("USER", "TIER", "DEFAULT")]: "free",
  [setting("USER", "TIER", "INPUT")]: "false",
  [setting("USER", "AGE", "TYPE")]: "number",
  [setting("ORGANIZATION", "PLAN", "TYPE")]: "string",
  [setting("MEMBER", "DESK", "TYPE")]: "number",
  [setting("INVITATION", "DESK", "TYPE")]: "number",
  [setting("TEAM", "FLOOR", "TYPE")]: "number",
  [setting("ORGANIZATION_ROLE", "COLOR", "TYPE")]: "string",
  [setting("SESSION", "THEME", "TYPE")]: "string",
  [setting("SESSION", "LEVEL", "DEFAULT")]: "base",
  [setting("SESSION", "LEVEL", "INPUT")]: "false",
};

export function additionalFields({ generation, server }) {
  describe("fields of an operator's own", () => {
    it("are given at sign-up, changed, and shown with the session", async () => {
      const { client } = createClient(generation, server().base, { methods: true });
      const data = ok(await client.signUp.email({ name: "Fay", email: "fay@people.example", password: PASSWORD, company: "Acme" }));
      assert.deepEqual([data.user.company, data.user.tier, data.user.age], ["Acme", "free", null]);
      ok(await client.updateUser({ age: 41 }));
      const { user } = ok(await client.getSession());
      assert.deepEqual([user.company, user.tier, user.age], ["Acme", "free", 41]);
      refused(await client.updateUser({ tier: "gold" }), 400, "FIELD_NOT_ALLOWED");
      refused(await client.updateUser({ age: "old" }), 400, "VALIDATION_ERROR");
      const made = ok(await client.organization.create({ name: "Fields", slug: "fields", plan: "small" }));
      assert.equal(made.plan, "small");
      assert.equal(ok(await client.organization.update({ data: { plan: "large" } })).plan, "large");
      assert.equal(ok(await client.organization.list())[0].plan, "large");
    });

    it("of memberships are given by a back end and shown to members", async () => {
      const { client } = createClient(generation, server().base, { methods: true });
      const { user } = ok(await client.signUp.email({ name: "Mia", email: "mia@people.example", password: PASSWORD }));
      const made = ok(await client.organization.create({ name: "Desks", slug: "desks" }));
      assert.equal(made.members[0].desk, null);
      const headers = { authorization: `Bearer ${server().boot.secret_key}`, "content-type": "application/json" };
      const body = JSON.stringify({ additional_fields: { desk: 7 } });
      const path = `${server().base}/v1/organizations/${made.id}/memberships/${user.id}`;
      assert.equal((await fetch(path, { method: "PATCH", headers, body })).status, 200);
      assert.equal(ok(await client.organization.getActiveMember()).desk, 7);
      assert.equal(ok(await client.organization.listMembers()).members[0].desk, 7);
      assert.equal(ok(await client.organization.getFullOrganization()).members[0].desk, 7);
    });

    it("of invitations are given by whoever invites and shown to the invited", async () => {
      const { client } = createClient(generation, server().base, { methods: true });
      ok(await client.signUp.email({ name: "Ina", email: "ina@people.example", password: PASSWORD }));
      ok(await client.organization.create({ name: "Invited", slug: "invited" }));
      const body = { email: "guest@people.example", role: "member", desk: 9 };
      refused(await client.organization.inviteMember({ ...body, desk: "nine" }), 400, "VALIDATION_ERROR");
      assert.equal(ok(await client.organization.inviteMember(body)).desk, 9);
      assert.equal(ok(await client.organization.listInvitations())[0].desk, 9);
    });

    it("of teams are given by whoever makes and changes them", async () => {
      const { client } = createClient(generation, server().base, { methods: true });
      ok(await client.signUp.email({ name: "Tom", email: "tom@people.example", password: PASSWORD }));
      ok(await client.organization.create({ name: "Floors", slug: "floors" }));
      const made = ok(await client.organization.createTeam({ name: "Cellar", floor: -1 }));
      assert.equal(made.floor, -1);
      assert.equal(ok(await client.organization.updateTeam({ teamId: made.id, data: { floor: -2 } })).floor, -2);
      assert.equal(ok(await client.organization.listTeams()).find((team) => team.id === made.id).floor, -2);
    });

    it("of roles are given by whoever makes and changes them", async () => {
      const { client } = createClient(generation, server().base, { methods: true });
      ok(await client.signUp.email({ name: "Ron", email: "ron@people.example", password: PASSWORD }));
      ok(await client.organization.create({ name: "Colors", slug: "colors" }));
      const permission = { team: ["create"] };
      const made = ok(await client.organization.createRole({ role: "painter", permission, additionalFields: { color: "red" } }));
      assert.equal(made.roleData.color, "red");
      assert.equal(ok(await client.organization.updateRole({ roleName: "painter", data: { color: "blue" } })).roleData.color, "blue");
      assert.equal(ok(await client.organization.listRoles())[0].color, "blue");
    });

    it("of sessions are there from the start and changed by whose session it is", async () => {
      const { client } = createClient(generation, server().base, { methods: true });
      ok(await client.signUp.email({ name: "Sue", email: "sue@people.example", password: PASSWORD }));
      const { session: begun } = ok(await client.getSession());
      assert.deepEqual([begun.theme, begun.level], [null, "base"]);
      const { session } = ok(await client.updateSession({ theme: "dark" }));
      assert.deepEqual([session.id, session.theme, session.level], [begun.id, "dark", "base"]);
      assert.equal(ok(await client.getSession()).session.theme, "dark");
      assert.equal(ok(await client.listSessions())[0].theme, "dark");
      refused(await client.updateSession({ level: "gold" }), 400, "FIELD_NOT_ALLOWED");
      refused(await client.updateSession({ theme: 1 }), 400, "VALIDATION_ERROR");
      assert.equal((await client.updateSession({ token: "another" })).error.message, "No fields to update");
    });
  });
}
