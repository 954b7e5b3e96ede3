// Names to sign in with.
const PASSWORD = "a long enough password";

export async function username(server) {
  const call = (...words) => server.call(...words);
  const post = (step, path, as, body) => call(step, "POST", path, { as, body });
  const nina = { name: "Nina Named", email: "nina@diff.example", password: PASSWORD, username: "Nina_Named" };

  // Taking one
  await post("named: short", "/sign-up/email", "other", { ...nina, username: "ab" });
  await post("named: long", "/sign-up/email", "other", { ...nina, username: "n".repeat(31) });
  await post("named: with a space", "/sign-up/email", "other", { ...nina, username: "nina named" });
  await call("named: signs up", "POST", "/sign-up/email", { as: "nina", body: nina, keep: { nina: (body) => body?.user?.id } });
  await post("named: taken", "/sign-up/email", "other", { ...nina, email: "nina-two@diff.example", username: "NINA_named" });
  await post("named: shown otherwise", "/sign-up/email", "dora", { ...nina, name: "Dora", email: "dora@diff.example", username: "dora.d", displayUsername: "Dora the Great" });
  await post("named: not at all", "/sign-up/email", "norma", { name: "Norma", email: "norma@diff.example", password: PASSWORD });
  await post("named: shown only", "/sign-up/email", "sho", { ...nina, email: "sho@diff.example", username: undefined, displayUsername: "Sho Shown" });
  await post("named: shown only, by what is a name", "/sign-up/email", "shi", { ...nina, email: "shi@diff.example", username: undefined, displayUsername: "Shi_Shown" });
  await post("named: shown only, by what is a name of another", "/sign-up/email", "other", { ...nina, email: "shu@diff.example", username: undefined, displayUsername: "Shi_Shown" });
  await post("named: empty", "/sign-up/email", "she", { ...nina, email: "she@diff.example", username: "" });
  await post("named: null", "/sign-up/email", "shn", { ...nina, email: "shn@diff.example", username: null });
  await call("session of somebody named", "GET", "/get-session", { as: "nina" });

  // Signing in
  const signIn = (step, as, name, more = {}) => post(step, "/sign-in/username", as, { username: name, password: PASSWORD, ...more });
  await signIn("sign in by name", "nina elsewhere", "nina_named");
  await signIn("sign in by name in capitals", "nina elsewhere", "NINA_NAMED");
  await signIn("sign in by name, not remembered", "nina for a while", "nina_named", { rememberMe: false });
  await signIn("sign in by name, with a callback", "nina back", "nina_named", { callbackURL: "/welcome" });
  await signIn("sign in by name: leads elsewhere", "other", "nina_named", { callbackURL: "https://evil.example/" });
  await signIn("sign in by name: wrong password", "other", "nina_named", { password: "not that password" });
  await signIn("sign in by name: nobody", "other", "nobody_named");
  await signIn("sign in by name: short", "other", "ab");
  await signIn("sign in by name: long", "other", "n".repeat(31));
  await signIn("sign in by name: with a space", "other", "nina named");
  await signIn("sign in by name: empty", "other", "");
  await signIn("sign in by name: empty password", "other", "nina_named", { password: "" });
  await call("sign in by name: by a program", "POST", "/sign-in/username", { body: { username: "nina_named", password: PASSWORD } });
  await call("sign in by name: from a foreign page", "POST", "/sign-in/username", { body: { username: "nina_named", password: PASSWORD }, headers: { origin: "http://evil.example" } });
  await post("sign in by name: nothing", "/sign-in/username", "other", {});

  // Asking for one
  const free = (step, name) => post(step, "/is-username-available", "other", { username: name });
  await free("name: taken", "nina_NAMED");
  await free("name: free", "nina_free");
  await free("name: short", "ab");
  await free("name: long", "n".repeat(31));
  await free("name: with a space", "nina named");
  await free("name: empty", "");
  await post("name: none", "/is-username-available", "other", {});

  // Changing it
  const change = (step, body) => post(step, "/update-user", "nina", body);
  await change("rename: taken", { username: "dora.d" });
  await change("rename: short", { username: "ab" });
  await change("rename: with a space", { username: "nina named" });
  await change("rename", { username: "Nina.Renamed" });
  await call("session after the renaming", "GET", "/get-session", { as: "nina" });
  await change("rename: how it is shown", { displayUsername: "Nina the Great" });
  await call("session after the other renaming", "GET", "/get-session", { as: "nina" });
  await change("rename: both", { username: "Nina.Two", displayUsername: "Nina the Second" });
  await call("session after both were renamed", "GET", "/get-session", { as: "nina" });
  await change("rename: to nothing", { username: "" });
  await change("rename: back", { username: "Nina.Renamed" });
  await change("rename: the same", { username: "nina.renamed" });
  await signIn("sign in by the old name", "other", "nina_named");
  await signIn("sign in by the new name", "nina elsewhere", "nina.renamed");
}
