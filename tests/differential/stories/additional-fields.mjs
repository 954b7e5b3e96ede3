// Fields that the operator added to people and organizations.
const PASSWORD = "a long enough password";
const setting = (owner, name, key) => `PORTICO__ADDITIONAL_FIELDS__${owner}__${name}__${key}`;

/** What declares them to Portico; `fields` of the control declares the same. */
export const declared = {
  [setting("USER", "COMPANY", "REQUIRED")]: "true",
  [setting("USER", "TIER", "DEFAULT")]: "free",
  [setting("USER", "TIER", "INPUT")]: "false",
  [setting("USER", "CREDIT", "TYPE")]: "number",
  [setting("USER", "CREDIT", "INPUT")]: "false",
  [setting("USER", "NOTE", "RETURNED")]: "false",
  [setting("USER", "AGE", "TYPE")]: "number",
  [setting("USER", "NEWS", "TYPE")]: "boolean",
  [setting("USER", "TAGS", "TYPE")]: "string[]",
  [setting("ORGANIZATION", "VAT", "REQUIRED")]: "true",
  [setting("ORGANIZATION", "PLAN", "DEFAULT")]: "free",
  [setting("ORGANIZATION", "PLAN", "INPUT")]: "false",
  [setting("ORGANIZATION", "SEATS", "TYPE")]: "number",
  [setting("ORGANIZATION", "NOTE", "RETURNED")]: "false",
  [setting("MEMBER", "PLAN", "DEFAULT")]: "free",
  [setting("MEMBER", "PLAN", "INPUT")]: "false",
  [setting("MEMBER", "DESK", "TYPE")]: "number",
  [setting("INVITATION", "PLAN", "DEFAULT")]: "free",
  [setting("INVITATION", "PLAN", "INPUT")]: "false",
  [setting("INVITATION", "DESK", "TYPE")]: "number",
  [setting("TEAM", "PLAN", "DEFAULT")]: "free",
  [setting("TEAM", "PLAN", "INPUT")]: "false",
  [setting("TEAM", "FLOOR", "TYPE")]: "number",
  [setting("TEAM", "NOTE", "RETURNED")]: "false",
  [setting("ORGANIZATION_ROLE", "PLAN", "DEFAULT")]: "free",
  [setting("ORGANIZATION_ROLE", "PLAN", "INPUT")]: "false",
  [setting("ORGANIZATION_ROLE", "COLOR", "TYPE")]: "string",
  [setting("SESSION", "THEME", "TYPE")]: "string",
  [setting("SESSION", "LEVEL", "DEFAULT")]: "base",
  [setting("SESSION", "LEVEL", "INPUT")]: "false",
  [setting("SESSION", "CREDIT", "TYPE")]: "number",
  [setting("SESSION", "CREDIT", "INPUT")]: "false",
  [setting("SESSION", "HIDDEN", "DEFAULT")]: "hush",
  [setting("SESSION", "HIDDEN", "RETURNED")]: "false",
};

export async function additionalFields(server) {
  const call = (...words) => server.call(...words);
  const fay = { name: "Fay", email: "fay@diff.example", password: PASSWORD };
  const signUp = (step, as, more) => call(`fields: ${step}`, "POST", "/sign-up/email", { as, body: { ...fay, ...more } });
  const update = (step, body) => call(`fields: ${step}`, "POST", "/update-user", { as: "fay", body });

  await signUp("sign up without what is required", "fay", {});
  await signUp("sign up with what is not allowed", "fay", { company: "Acme", credit: 5 });
  await signUp("sign up", "fay", { company: "Acme", tier: "gold", credit: 0, age: 41.5, news: true, tags: ["a", "b"], note: "hush", odd: 1 });
  await signUp("sign up again", "other", { company: "Acme" });
  await call("fields: session", "GET", "/get-session", { as: "fay" });
  await update("change", { company: "Other", age: 7 });
  await update("empty one", { age: null });
  await update("what has a default and is not allowed", { tier: "gold" });
  await update("what is not allowed", { credit: 5 });
  await update("what is not allowed, saying nothing", { credit: 0 });
  await update("what is not declared", { odd: 1 });
  await call("fields: session after the changes", "GET", "/get-session", { as: "fay" });
  await update("another type", { age: "seven" });
  await update("a list that is none", { tags: "a" });
  await update("empty what is required", { company: null });

  const create = (step, more) =>
    call(`fields: ${step}`, "POST", "/organization/create", { as: "fay", body: { name: "Fields", slug: "fields", ...more } });
  const change = (step, data) => call(`fields: ${step}`, "POST", "/organization/update", { as: "fay", body: { data } });
  await create("organization without what is required", {});
  await create("organization of another type", { vat: 1 });
  await create("organization", { vat: "DE1", plan: "gold", note: "hush", odd: 1 });
  await change("organization changed", { seats: 5, plan: "gold" });
  await change("organization changed, another type", { seats: "x" });
  await change("organization without what it must have", { vat: null });
  await call("fields: organizations", "GET", "/organization/list", { as: "fay" });
  await call("fields: whole organization", "GET", "/organization/get-full-organization", { as: "fay" });
  await call("fields: members", "GET", "/organization/list-members", { as: "fay" });
  await call("fields: own membership", "GET", "/organization/get-active-member", { as: "fay" });

  const invite = (step, more) =>
    call(`fields: ${step}`, "POST", "/organization/invite-member", { as: "fay", body: { email: "guest@diff.example", role: "member", ...more } });
  await invite("invitation of another type", { desk: "3" });
  await invite("invitation", { desk: 3, plan: "gold", odd: 1 });
  await invite("invitation again", { desk: 4, resend: true });
  await call("fields: invitations", "GET", "/organization/list-invitations", { as: "fay" });

  await call("fields: team of another type", "POST", "/organization/create-team", { as: "fay", body: { name: "Cellar", floor: "x" } });
  const body = { name: "Cellar", floor: -1, plan: "gold", note: "hush", odd: 1 };
  const team = await call("fields: team", "POST", "/organization/create-team", { as: "fay", body, keep: { cellar: (body) => body?.id } });
  const rebuild = (step, data) =>
    call(`fields: ${step}`, "POST", "/organization/update-team", { as: "fay", body: { teamId: team?.id, data } });
  await rebuild("team changed", { floor: -2, plan: "gold" });
  await rebuild("team changed, another type", { floor: "x" });
  await call("fields: teams", "GET", "/organization/list-teams", { as: "fay" });

  const role = (step, path, more) => call(`fields: ${step}`, "POST", `/organization/${path}`, { as: "fay", body: more });
  const painter = { role: "painter", permission: { team: ["create"] } };
  await role("role of another type", "create-role", { ...painter, additionalFields: { color: 1 } });
  await role("role", "create-role", { ...painter, additionalFields: { color: "red", plan: "gold", odd: 1 } });
  await role("role changed", "update-role", { roleName: "painter", data: { color: "blue", plan: "gold" } });
  await role("role changed, another type", "update-role", { roleName: "painter", data: { color: 1 } });
  await call("fields: roles", "GET", "/organization/list-roles", { as: "fay" });

  const sue = { name: "Sue", email: "sue@diff.example", password: PASSWORD, company: "Acme" };
  await call("fields: session: signed up", "POST", "/sign-up/email", { as: "sue", body: sue });
  const session = (step, body) => call(`fields: session: ${step}`, "POST", "/update-session", { as: "sue", body });
  await session("changed", { theme: "dark", odd: 1, token: "another", userId: "another", expiresAt: "2100-01-01T00:00:00.000Z" });
  await session("what has a default and is not allowed", { level: "gold" });
  await session("what is not allowed", { theme: "light", credit: 5 });
  await session("what is not allowed, saying nothing", { credit: 0 });
  await session("what organizations have", { activeOrganizationId: "another" });
  await session("what administrators have", { impersonatedBy: "another" });
  await session("what organizations have, empty", { activeOrganizationId: null });
  await session("core names alone", { token: "another", id: "another", createdAt: "2100-01-01T00:00:00.000Z" });
  await session("no object", ["theme"]);
  await call("fields: session: shown", "GET", "/get-session", { as: "sue" });
  await call("fields: session: listed", "GET", "/list-sessions", { as: "sue" });
  await session("emptied", { theme: null });
  await session("another type", { theme: 1 });
  await call("fields: session: of another sign-in", "POST", "/sign-in/email", { as: "sue-elsewhere", body: { email: sue.email, password: PASSWORD } });
  await call("fields: session: elsewhere", "GET", "/get-session", { as: "sue-elsewhere" });
}
