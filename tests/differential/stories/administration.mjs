// People, as an administrator sees and changes them.
import { admin } from "../../client/support/portico.mjs";

const PASSWORD = "a long enough password";

export async function administration(server) {
  const call = (...words) => server.call(...words);
  const post = (step, path, body, as = "operator") => call(`admin: ${step}`, "POST", `/admin/${path}`, { as, body });
  const get = (step, path, query = {}, as = "operator") => call(`admin: ${step}`, "GET", `/admin/${path}?${new URLSearchParams(query)}`, { as });
  const signIn = (step, as, email, password = PASSWORD) => call(`admin: ${step}`, "POST", "/sign-in/email", { as, body: { email, password } });
  const session = (step, as) => call(`admin: ${step}`, "GET", "/get-session", { as });
  const signUp = (who, name) =>
    call(`admin: ${who} signs up`, "POST", "/sign-up/email", { as: who, body: { name, email: `${who}@managed.test`, password: PASSWORD }, keep: { [who]: (body) => body?.user?.id } });

  const { user: operator } = await call("admin: the operator signs in", "POST", "/sign-in/email", { as: "operator", body: admin, keep: { administrator: (body) => body?.user?.id } });
  const { user: ned } = await signUp("ned", "Ned Ordinary");
  const { user: zoe } = await signUp("zoe", "Zoe Managed");
  /** What strangers, those who may not, and those who say nothing are answered. */
  const guarded = async (path, body) => {
    await post(`${path}: nobody`, path, body, null);
    await post(`${path}: who may not`, path, body, "ned");
    await post(`${path}: nothing`, path, {});
  };

  // Making people
  const make = (step, body, as) => call(`admin: make ${step}`, "POST", "/admin/create-user", { as: as ?? "operator", body, keep: { [step]: (body) => body?.user?.id } });
  const body = (who, more = {}) => ({ name: "Made", email: `${who}@managed.test`, password: PASSWORD, ...more });
  await guarded("create-user", body("nobodys"));
  const { user: made } = await make("somebody", body("made"));
  await make("somebody who is there", body("made"));
  await make("somebody who is there, in capitals", body("made", { email: "MADE@managed.test" }));
  await make("somebody without an address", body("x", { email: "no address" }));
  await make("somebody without a password", body("bare", { password: undefined }));
  await make("somebody without a name", body("nameless", { name: undefined }));
  await make("an administrator", body("chief", { role: "admin" }));
  await make("somebody with roles", body("roles", { role: ["user"] }));
  await make("somebody with an unknown role", body("pilot", { role: "pilot" }));
  await make("somebody with a picture", body("picture", { data: { image: "https://diff.example/made.png" } }));
  await signIn("who was made signs in", "made", "made@managed.test");

  // Finding them
  await call("admin: get: nobody", "GET", `/admin/get-user?id=${ned.id}`);
  await get("get: who may not", "get-user", { id: ned.id }, "ned");
  await get("get", "get-user", { id: zoe.id });
  await get("get: unknown", "get-user", { id: "no-such-person" });
  await get("get: nothing", "get-user");
  await call("admin: list: nobody", "GET", "/admin/list-users");
  const mine = { searchField: "email", searchValue: "@managed.test", sortBy: "email", sortDirection: "asc" };
  await get("list: who may not", "list-users", mine, "ned");
  await get("list", "list-users", mine);
  await get("list: some", "list-users", { ...mine, limit: 2, offset: 1 });
  await get("list: none", "list-users", { ...mine, offset: 100 });
  await get("list: the other way", "list-users", { ...mine, sortDirection: "desc", limit: 2 });
  await get("list: by name", "list-users", { searchField: "name", searchValue: "Zoe", searchOperator: "starts_with" });
  await get("list: by the end of an address", "list-users", { searchValue: "ned@managed.test", searchOperator: "ends_with" });
  await get("list: administrators of these", "list-users", { ...mine, filterField: "role", filterOperator: "eq", filterValue: "admin" });
  await get("list: who is nobody", "list-users", { filterField: "id", filterOperator: "eq", filterValue: "no-such-person" });
  await get("list: by an unknown field", "list-users", { searchField: "password", searchValue: "x" });
  await get("list: in an unknown direction", "list-users", { ...mine, sortDirection: "sideways" });

  // Roles
  const role = (step, userId, role, as) => post(`role: ${step}`, "set-role", { userId, role }, as);
  await guarded("set-role", { userId: zoe.id, role: "admin" });
  await role("unknown", zoe.id, "pilot");
  await role("of nobody", "no-such-person", "user");
  await role("given", zoe.id, "admin");
  await role("given again", zoe.id, "admin");
  await signIn("zoe looks as an administrator", "zoe", "zoe@managed.test");
  await get("list: by the new administrator", "list-users", { ...mine, limit: 1 }, "zoe");
  await role("taken, as a list", zoe.id, ["user"]);
  await get("list: by who was one", "list-users", mine, "zoe");

  // Changing people
  const change = (step, data, userId = made.id) => post(`change: ${step}`, "update-user", { userId, data });
  await guarded("update-user", { userId: made.id, data: { name: "Nobody's" } });
  await change("name", { name: "Made Anew" });
  await change("nothing", {});
  await change("address", { email: "made-anew@managed.test" });
  await session("session after another address", "made");
  await signIn("who was made signs in by it", "made", "made-anew@managed.test");
  await change("address that is taken", { email: "ned@managed.test" });
  await change("address that is none", { email: "no address" });
  await change("password", { password: "another long password" });
  await change("id", { id: "another" });
  await change("role that is unknown", { role: "pilot" });
  await change("somebody unknown", { name: "Nobody" }, "no-such-person");

  // What they may
  const may = (step, body, as) => post(`may: ${step}`, "has-permission", body, as);
  await call("admin: may: a stranger", "POST", "/admin/has-permission", { body: { permissions: { user: ["list"] } } });
  await may("an administrator", { permissions: { user: ["list"] } });
  await may("who may not", { permissions: { user: ["list"] } }, "ned");
  await may("an unknown thing", { permissions: { spaceship: ["fly"] } });
  await may("an unknown deed", { permissions: { user: ["fly"] } });
  await may("nothing", {});
  await may("a role", { role: "user", permissions: { user: ["list"] } });

  // Sessions
  /** The newest: another address has ended those before here, but not there. */
  const shown = (body) => ({ ...body, sessions: body.sessions?.slice(0, 1) });
  const sessions = (step, userId) => call(`admin: sessions: ${step}`, "POST", "/admin/list-user-sessions", { as: "operator", body: { userId }, shown });
  await guarded("list-user-sessions", { userId: made.id });
  const { sessions: all } = await sessions("of somebody", made.id);
  await sessions("of who is unknown", "no-such-person");
  await guarded("revoke-user-session", { sessionToken: all?.[0]?.token });
  await post("session: unknown", "revoke-user-session", { sessionToken: "no-such-session" });
  await post("session: ended", "revoke-user-session", { sessionToken: all?.[0]?.token });
  await session("session of whose was ended", "made");
  await signIn("who was made signs in again", "made", "made-anew@managed.test");
  await guarded("revoke-user-sessions", { userId: made.id });
  await post("sessions: ended", "revoke-user-sessions", { userId: made.id });
  await session("session of whose were all ended", "made");

  // Passwords
  const password = (step, newPassword, userId = made.id) => post(`password: ${step}`, "set-user-password", { userId, newPassword });
  await guarded("set-user-password", { userId: made.id, newPassword: "another long password" });
  await password("short", "short");
  await password("long", "p".repeat(129));
  await password("empty", "");
  await password("of nobody", "another long password", "no-such-person");
  await password("set", "another long password");
  await signIn("old password", "made", "made-anew@managed.test");
  await signIn("new password", "made", "made-anew@managed.test", "another long password");

  // Bans
  const ban = (step, body, as) => post(`ban: ${step}`, "ban-user", body, as);
  await guarded("ban-user", { userId: made.id });
  await ban("oneself", { userId: operator.id });
  await ban("who is unknown", { userId: "no-such-person" });
  await ban("somebody", { userId: made.id, banReason: "too loud", banExpiresIn: 3600 });
  await session("session of who is banned", "made");
  await signIn("who is banned signs in", "made", "made-anew@managed.test", "another long password");
  await ban("again, for ever", { userId: made.id });
  await guarded("unban-user", { userId: made.id });
  await post("unban: who is unknown", "unban-user", { userId: "no-such-person" });
  await post("unban", "unban-user", { userId: made.id });
  await post("unban: again", "unban-user", { userId: made.id });
  await signIn("who was banned signs in", "made", "made-anew@managed.test", "another long password");

  // What others see of it
  await call("admin: invitations of who has proven the mailbox", "GET", "/organization/list-user-invitations", { as: "operator" });

  // The end
  await guarded("remove-user", { userId: made.id });
  await post("remove: oneself", "remove-user", { userId: operator.id });
  await post("remove: who is unknown", "remove-user", { userId: "no-such-person" });
  await post("remove", "remove-user", { userId: made.id });
  await session("session of who is gone", "made");
  await signIn("who is gone signs in", "made", "made-anew@managed.test", "another long password");
  await get("get: who is gone", "get-user", { id: made.id });
}
