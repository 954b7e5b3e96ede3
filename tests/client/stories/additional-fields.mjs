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
  });
}
