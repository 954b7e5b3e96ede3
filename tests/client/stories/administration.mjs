// People, as an administrator sees and changes them through `adminClient`.
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { createClient } from "../support/generations.mjs";
import { ok, refused } from "../support/expect.mjs";
import { admin as administrator } from "../support/portico.mjs";

const PASSWORD = "a password of the administration";

export function administration({ generation, portico, server }) {
  const fresh = (options) => createClient(generation, server().base, options);
  const signIn = async (email, password = PASSWORD, one = fresh()) => {
    ok(await one.client.signIn.email({ email, password }));
    return one;
  };
  const me = async (one) => ok(await one.client.getSession())?.user;

  describe("the administration", () => {
    let admin, own, person;
    const email = "made@managed.example";

    before(async () => {
      admin = (await signIn(administrator.email, administrator.password)).client;
      own = ok(await admin.getSession()).user;
    });

    it("makes a person, finds them and reads them", async () => {
      person = ok(await admin.admin.createUser({ name: "Made", email, password: PASSWORD, role: "user" })).user;
      assert.deepEqual([person.email, person.role, person.banned], [email, "user", false]);
      refused(await admin.admin.createUser({ name: "Made", email, password: PASSWORD }), 400, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL");
      const query = { searchField: "email", searchOperator: "ends_with", searchValue: "@managed.example", sortBy: "email", limit: 10 };
      const { users, total } = ok(await admin.admin.listUsers({ query }));
      assert.deepEqual([users.map((one) => one.id), total], [[person.id], 1]);
      assert.equal(ok(await admin.admin.getUser({ query: { id: person.id } })).email, email);
      refused(await admin.admin.getUser({ query: { id: "no-such-person" } }), 404, "USER_NOT_FOUND");
    });

    it("is closed to who may not, and to strangers", async () => {
      const { client } = await signIn(email);
      refused(await client.admin.listUsers({ query: {} }), 403, "YOU_ARE_NOT_ALLOWED_TO_LIST_USERS");
      refused(await client.admin.createUser({ name: "X", email: "x@managed.example", password: PASSWORD }), 403, "YOU_ARE_NOT_ALLOWED_TO_CREATE_USERS");
      refused(await client.admin.setRole({ userId: person.id, role: "admin" }), 403, "YOU_ARE_NOT_ALLOWED_TO_CHANGE_USERS_ROLE");
      refused(await client.admin.updateUser({ userId: own.id, data: { name: "X" } }), 403, "YOU_ARE_NOT_ALLOWED_TO_UPDATE_USERS");
      refused(await client.admin.banUser({ userId: own.id }), 403, "YOU_ARE_NOT_ALLOWED_TO_BAN_USERS");
      refused(await client.admin.impersonateUser({ userId: own.id }), 403, "YOU_ARE_NOT_ALLOWED_TO_IMPERSONATE_USERS");
      refused(await client.admin.listUserSessions({ userId: own.id }), 403, "YOU_ARE_NOT_ALLOWED_TO_LIST_USERS_SESSIONS");
      refused(await client.admin.setUserPassword({ userId: own.id, newPassword: PASSWORD }), 403, "YOU_ARE_NOT_ALLOWED_TO_SET_USERS_PASSWORD");
      refused(await client.admin.removeUser({ userId: own.id }), 403, "YOU_ARE_NOT_ALLOWED_TO_DELETE_USERS");
      assert.equal((await fresh().client.admin.listUsers({ query: {} })).error.status, 401);
      assert.equal(ok(await client.admin.hasPermission({ permissions: { user: ["list"] } })).success, false);
      assert.equal(ok(await admin.admin.hasPermission({ permissions: { user: ["list"], session: ["revoke"] } })).success, true);
    });

    it("changes a person and their role", async () => {
      assert.equal(ok(await admin.admin.updateUser({ userId: person.id, data: { name: "Made Anew" } })).name, "Made Anew");
      refused(await admin.admin.updateUser({ userId: person.id, data: {} }), 400, "NO_DATA_TO_UPDATE");
      assert.equal(ok(await admin.admin.setRole({ userId: person.id, role: "admin" })).user.role, "admin");
      const promoted = await signIn(email);
      ok(await promoted.client.admin.listUsers({ query: { limit: 1 } }));
      assert.equal(ok(await admin.admin.setRole({ userId: person.id, role: "user" })).user.role, "user");
      refused(await promoted.client.admin.listUsers({ query: { limit: 1 } }), 403);
      refused(await admin.admin.setRole({ userId: person.id, role: "pilot" }), 400, "YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE");
    });

    it("ends sessions, one and all", async () => {
      const [phone, tablet] = [await signIn(email), await signIn(email)];
      const { session } = ok(await phone.client.getSession());
      const { sessions } = ok(await admin.admin.listUserSessions({ userId: person.id }));
      const listed = sessions.find((one) => one.id === session.id);
      if (portico) assert.equal(ok(await fresh({ token: listed.token }).client.getSession()), null, "what is listed does not sign in");
      assert.equal(ok(await admin.admin.revokeUserSession({ sessionToken: listed.token })).success, true);
      assert.equal(await me(phone), undefined);
      assert.equal((await me(tablet)).email, email);
      assert.equal(ok(await admin.admin.revokeUserSessions({ userId: person.id })).success, true);
      assert.equal(await me(tablet), undefined);
    });

    it("sets a password", async () => {
      refused(await admin.admin.setUserPassword({ userId: person.id, newPassword: "short" }), 400, "PASSWORD_TOO_SHORT");
      assert.equal(ok(await admin.admin.setUserPassword({ userId: person.id, newPassword: `${PASSWORD} 2` })).status, true);
      refused(await fresh().client.signIn.email({ email, password: PASSWORD }), 401, "INVALID_EMAIL_OR_PASSWORD");
      await signIn(email, `${PASSWORD} 2`);
    });

    it("bans, and lifts the ban", async () => {
      const banned = await signIn(email, `${PASSWORD} 2`);
      const { user } = ok(await admin.admin.banUser({ userId: person.id, banReason: "loud", banExpiresIn: 3600 }));
      assert.deepEqual([user.banned, user.banReason], [true, "loud"]);
      assert.equal(await me(banned), undefined);
      refused(await fresh().client.signIn.email({ email, password: `${PASSWORD} 2` }), 403, "BANNED_USER");
      refused(await admin.admin.banUser({ userId: own.id }), 400, "YOU_CANNOT_BAN_YOURSELF");
      assert.equal(ok(await admin.admin.unbanUser({ userId: person.id })).user.banned, false);
      await signIn(email, `${PASSWORD} 2`);
    });

    it("acts as somebody, and stops", async () => {
      const acting = await signIn(administrator.email, administrator.password);
      const { session, user } = ok(await acting.client.admin.impersonateUser({ userId: person.id }));
      assert.deepEqual([session.impersonatedBy, user.id], [own.id, person.id]);
      assert.equal((await me(acting)).id, person.id);
      ok(await acting.client.admin.stopImpersonating());
      assert.equal((await me(acting)).id, own.id);
      refused(await acting.client.admin.stopImpersonating(), 400);
    });

    it("removes a person", async () => {
      refused(await admin.admin.removeUser({ userId: own.id }), 400, "YOU_CANNOT_REMOVE_YOURSELF");
      assert.equal(ok(await admin.admin.removeUser({ userId: person.id })).success, true);
      refused(await admin.admin.removeUser({ userId: person.id }), 404, "USER_NOT_FOUND");
      refused(await fresh().client.signIn.email({ email, password: `${PASSWORD} 2` }), 401, "INVALID_EMAIL_OR_PASSWORD");
    });
  });
}
