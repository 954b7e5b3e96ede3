// Keys of programs.
const PASSWORD = "a long enough password";

export async function apiKey(server) {
  const call = (...words) => server.call(...words);
  const id = (name) => ({ [name]: (body) => body?.id });
  /** The first characters of a key are other ones each time: as many as they are. */
  const begins = (key) => (typeof key?.start === "string" ? { ...key, start: key.start.replace(/[A-Za-z]{2,6}$/, (letters) => "x".repeat(letters.length)) } : key);
  const shownAll = (body) => (body?.apiKeys ? { ...body, apiKeys: body.apiKeys.map(begins) } : body);
  const make = (step, as, body, keep) => call(`key: ${step}`, "POST", "/api-key/create", { as, body, keep, shown: begins });
  const get = (step, as, query) => call(`key: ${step}`, "GET", `/api-key/get?${new URLSearchParams(query)}`, { as, shown: begins });
  const list = (step, as, query = {}) => call(`key: ${step}`, "GET", `/api-key/list?${new URLSearchParams(query)}`, { as, shown: shownAll });
  const change = (step, as, body) => call(`key: ${step}`, "POST", "/api-key/update", { as, body, shown: begins });
  const remove = (step, as, body) => call(`key: ${step}`, "POST", "/api-key/delete", { as, body });
  for (const who of ["kay", "ken"]) {
    await call(`key: ${who} signs up`, "POST", "/sign-up/email", { as: who, body: { name: who, email: `${who}@keys.test`, password: PASSWORD }, keep: { [who]: (body) => body?.user?.id } });
  }

  // Making them
  await make("made by nobody", undefined, { name: "nobody's" });
  const plain = await make("made", "kay", {}, id("plain key"));
  const full = await make("made with all", "kay", { name: "full", prefix: "kay_", expiresIn: 86_400 * 2, metadata: { for: "builds" } }, id("full key"));
  await make("made with a bad prefix", "kay", { prefix: "k y" });
  await make("made with a long prefix", "kay", { prefix: "k".repeat(33) });
  await make("made with a long name", "kay", { name: "n".repeat(33) });
  await make("made for a moment", "kay", { expiresIn: 60 });
  await make("made for ages", "kay", { expiresIn: 86_400 * 366 });
  await make("made until before", "kay", { expiresIn: 0 });
  await make("made with a text as metadata", "kay", { metadata: "text" });
  for (const [name, value] of Object.entries({ permissions: { files: ["read"] }, remaining: 5, refillAmount: 5, refillInterval: 1000, rateLimitEnabled: false, rateLimitMax: 5, rateLimitTimeWindow: 1000 })) {
    await make(`made with ${name}`, "kay", { [name]: value });
  }
  await make("made with refilling", "kay", { remaining: 1, refillAmount: 5, refillInterval: 1000 });
  await make("made for another", "kay", { userId: "another" });

  // Reading them
  await get("read by nobody", undefined, { id: plain.id });
  await get("read", "kay", { id: full.id });
  await get("read by another", "ken", { id: full.id });
  await get("read, unknown", "kay", { id: "no-such-key" });
  await get("read, nothing", "kay", {});
  await list("listed by nobody", undefined);
  await list("listed", "kay", { sortBy: "createdAt", sortDirection: "asc" });
  await list("listed, one", "kay", { limit: 1, sortBy: "createdAt", sortDirection: "desc" });
  await list("listed, after one", "kay", { limit: 1, offset: 1, sortBy: "name", sortDirection: "asc" });
  await list("listed by who has none", "ken");
  await list("listed, in an unknown direction", "kay", { sortDirection: "sideways" });
  await list("listed, as many as that", "kay", { limit: "many" });

  // Showing them: a session by a key
  const shown = (step, path, key, method = "GET", body) => call(`key: ${step}`, method, path, { body, headers: { "x-api-key": key } });
  await shown("shown", "/get-session", full.key);
  await shown("shown, unknown", "/get-session", `kay_${"x".repeat(64)}`);
  await shown("shown, short", "/get-session", "short");
  await shown("shown for accounts", "/list-accounts", full.key);

  // Changing them
  await change("changed by nobody", undefined, { keyId: full.id, name: "nobody's" });
  await change("changed", "kay", { keyId: full.id, name: "renamed", metadata: { for: "tests" } });
  await change("changed by another", "ken", { keyId: full.id, name: "another's" });
  await change("changed, unknown", "kay", { keyId: "no-such-key", name: "unknown" });
  await change("changed, nothing", "kay", { keyId: full.id });
  await change("changed, no key", "kay", { name: "none" });
  await change("changed, long name", "kay", { keyId: full.id, name: "n".repeat(33) });
  await change("changed, for ages", "kay", { keyId: full.id, expiresIn: 86_400 * 366 });
  await change("changed, for ever", "kay", { keyId: full.id, expiresIn: null });
  await change("changed, remaining", "kay", { keyId: full.id, remaining: 5 });
  await change("changed, permissions", "kay", { keyId: full.id, permissions: { files: ["read"] } });
  await change("changed for another", "kay", { keyId: full.id, userId: "another", name: "another's" });
  await change("switched off", "kay", { keyId: full.id, enabled: false });
  await shown("shown while off", "/get-session", full.key);
  await change("switched on", "kay", { keyId: full.id, enabled: true });
  await shown("shown again", "/get-session", full.key);

  // Removing them
  await remove("removed by nobody", undefined, { keyId: full.id });
  await remove("removed by another", "ken", { keyId: full.id });
  await remove("removed, unknown", "kay", { keyId: "no-such-key" });
  await remove("removed, nothing", "kay", {});
  await remove("removed", "kay", { keyId: full.id });
  await remove("removed again", "kay", { keyId: full.id });
  await shown("shown after the end", "/get-session", full.key);
  await make("made in an unknown configuration", "kay", { configId: "unknown" });
  await call("key: kay signs out", "POST", "/sign-out", { as: "kay", body: {} });
  await list("listed after the session", "kay");
}
