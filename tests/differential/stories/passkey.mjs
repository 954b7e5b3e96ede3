// Passkeys: keys that never leave a device.
import { page } from "../../client/support/credentials.mjs";
import { Authenticator } from "../../import/authenticator.mjs";

const PASSWORD = "a long enough password";

export async function passkey(server) {
  const call = (...words) => server.call(...words);
  /** Public keys are other ones each time. */
  const shown = (body) => JSON.parse(JSON.stringify(body), (name, value) => (name === "publicKey" && value ? "<key>" : value));
  const post = (step, path, as, body, keep) => call(`passkey: ${step}`, "POST", `/passkey/${path}`, { as, body, keep, shown });
  const options = (step, as, what, query = "") => call(`passkey: ${step}`, "GET", `/passkey/generate-${what}-options${query}`, { as });
  const list = (step, as) => call(`passkey: ${step}`, "GET", "/passkey/list-user-passkeys", { as, shown });
  const id = (name) => ({ [name]: (body) => body?.id });
  for (const who of ["ina", "ivo"]) {
    await call(`passkey: ${who} signs up`, "POST", "/sign-up/email", { as: who, body: { name: who, email: `${who}@passkeys.test`, password: PASSWORD }, keep: { [who]: (body) => body?.user?.id } });
  }
  const [laptop, phone, strange] = [new Authenticator(), new Authenticator(), new Authenticator()];
  /** From the options to the answer. */
  const register = async (step, as, authenticator, name, { origin = page, query } = {}) => {
    const asked = await options(`${step}, options`, as, "register", query);
    return post(step, "verify-registration", as, { response: authenticator.register(asked, origin), name }, id(`passkey (${step})`));
  };
  const show = async (step, as, authenticator, { origin = page } = {}) => {
    const asked = await options(`${step}, options`, as, "authenticate");
    return post(step, "verify-authentication", as, { response: authenticator.show(asked, origin) });
  };

  // Registering
  await options("options of nobody", undefined, "register");
  await post("registered by nobody", "verify-registration", undefined, { response: {} });
  await post("registered without options", "verify-registration", "ina", { response: laptop.register({ challenge: "AAAA", user: { id: "AAAA" }, rp: { id: "localhost" } }, page) });
  await options("options for what is not", "ina", "register", "?authenticatorAttachment=floating");
  const first = await register("first", "ina", laptop, "Laptop");
  await register("second, without a name", "ina", phone, undefined, { query: "?authenticatorAttachment=platform" });
  await register("on a foreign page", "ina", strange, "Foreign", { origin: "https://evil.example" });
  await post("nothing", "verify-registration", "ina", {});
  await options("options when there are some", "ina", "register");

  // Reading
  await list("listed by nobody", undefined);
  await list("listed", "ina");
  await list("listed by who has none", "ivo");

  // Signing in
  await show("sign in", "ina elsewhere", laptop);
  await call("passkey: session", "GET", "/get-session", { as: "ina elsewhere" });
  await show("sign in by the second", "ina again", phone);
  await show("sign in by a strange one", "other", strange);
  await show("sign in on a foreign page", "other", laptop, { origin: "https://evil.example" });
  await post("sign in without options", "verify-authentication", "nobody", { response: laptop.show({ challenge: "AAAA", rpId: "localhost" }, page) });
  await post("sign in with nothing", "verify-authentication", "other", {});
  const asked = await options("options for a replay", "other", "authenticate");
  const response = laptop.show(asked, page);
  await post("sign in before a replay", "verify-authentication", "other", { response });
  await post("sign in by a replay", "verify-authentication", "other", { response });
  const theirs = await options("options of somebody signed in", "ina", "authenticate");
  server.note("passkey: how many are asked for", theirs?.allowCredentials?.length);

  // Changing
  const change = (step, as, body) => post(step, "update-passkey", as, body);
  await change("renamed by nobody", undefined, { id: first.id, name: "Nobody's" });
  await change("renamed by another", "ivo", { id: first.id, name: "Another's" });
  await change("renamed, unknown", "ina", { id: "no-such-passkey", name: "Unknown" });
  await change("renamed, nothing", "ina", {});
  await change("renamed to nothing", "ina", { id: first.id, name: "" });
  await change("renamed", "ina", { id: first.id, name: "Old laptop" });

  // Removing
  const remove = (step, as, body) => post(step, "delete-passkey", as, body);
  await remove("removed by nobody", undefined, { id: first.id });
  await remove("removed by another", "ivo", { id: first.id });
  await remove("removed, unknown", "ina", { id: "no-such-passkey" });
  await remove("removed, nothing", "ina", {});
  await remove("removed", "ina", { id: first.id });
  await remove("removed again", "ina", { id: first.id });
  await show("sign in after the removal", "other", laptop);
  await list("listed after the removal", "ina");
}
