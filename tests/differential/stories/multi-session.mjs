// Several people in one browser.
const PASSWORD = "a long enough password";

export async function multiSession(server) {
  const call = (...words) => server.call(...words);
  const list = (step, as) => call(step, "GET", "/multi-session/list-device-sessions", { as });
  const activate = (step, as, body) => call(step, "POST", "/multi-session/set-active", { as, body });
  const revoke = (step, as, body) => call(step, "POST", "/multi-session/revoke", { as, body });
  const signUp = (step, as, name) =>
    call(step, "POST", "/sign-up/email", { as, body: { name, email: `${name.toLowerCase()}@diff.example`, password: PASSWORD }, keep: { [name.toLowerCase()]: (body) => body?.user?.id } });
  const of = (all, name) => all.find((one) => one.user?.name === name)?.session?.token;

  await list("device: nobody", undefined);
  await list("device: a browser that knows nobody", "shared");
  await signUp("device: the first signs up", "shared", "Fay");
  await list("device: one", "shared");
  await signUp("device: the second signs up", "shared", "Sue");
  const both = await list("device: two", "shared");
  await call("device: session of the second", "GET", "/get-session", { as: "shared" });

  // Changing
  await activate("device: change to nothing", "shared", {});
  await activate("device: change to what is unknown", "shared", { sessionToken: "no-such-token" });
  await activate("device: change as nobody", undefined, { sessionToken: of(both, "Fay") });
  await activate("device: change to the first", "shared", { sessionToken: of(both, "Fay") });
  await call("device: session of the first", "GET", "/get-session", { as: "shared" });
  await call("device: the first signs in again", "POST", "/sign-in/email", { as: "shared", body: { email: "fay@diff.example", password: PASSWORD } });
  const again = await list("device: still two", "shared");

  // Ending
  await revoke("device: end nothing", "shared", {});
  await revoke("device: end what is unknown", "shared", { sessionToken: "no-such-token" });
  await revoke("device: end as nobody", undefined, { sessionToken: of(again, "Sue") });
  await revoke("device: end the one at work", "shared", { sessionToken: of(again, "Fay") });
  await call("device: session of who is left", "GET", "/get-session", { as: "shared" });
  await list("device: one is left", "shared");
  await call("device: a third signs up", "POST", "/sign-up/email", { as: "shared", body: { name: "Tia", email: "tia@diff.example", password: PASSWORD } });
  const rest = await list("device: two again", "shared");
  await revoke("device: end another", "shared", { sessionToken: of(rest, "Sue") });
  await call("device: session of the third", "GET", "/get-session", { as: "shared" });
  await revoke("device: end the last", "shared", { sessionToken: of(rest, "Tia") });
  await call("device: session of nobody", "GET", "/get-session", { as: "shared" });

  // What ends sessions otherwise
  await signUp("device: a fourth signs up", "desk", "Dee");
  await signUp("device: a fifth signs up", "desk", "Eve");
  await call("device: the fifth changes the password", "POST", "/change-password", { as: "desk", body: { currentPassword: PASSWORD, newPassword: `${PASSWORD} 2`, revokeOtherSessions: true } });
  await list("device: after the change", "desk");
  await call("device: the fifth ends all", "POST", "/revoke-sessions", { as: "desk", body: {} });
  await list("device: after the end", "desk");
  await call("device: session after the end", "GET", "/get-session", { as: "desk" });
  await call("device: the fourth signs in for a while", "POST", "/sign-in/email", { as: "kiosk", body: { email: "dee@diff.example", password: PASSWORD, rememberMe: false } });
  await call("device: the fifth signs in", "POST", "/sign-in/email", { as: "kiosk", body: { email: "eve@diff.example", password: `${PASSWORD} 2` } });
  const kiosk = await list("device: one for a while, one for longer", "kiosk");
  await activate("device: change to who is there for a while", "kiosk", { sessionToken: of(kiosk, "Dee") });
  await call("device: the fourth is deleted", "POST", "/delete-user", { as: "kiosk", body: { password: PASSWORD } });
  await list("device: after the deletion", "kiosk");
  for (const n of [1, 2, 3, 4, 5, 6]) await signUp(`device: one of many, ${n}`, "hall", `Hal${n}`);
  await list("device: many", "hall");

  // Signing out ends all
  await call("device: sue signs in", "POST", "/sign-in/email", { as: "shared", body: { email: "sue@diff.example", password: PASSWORD } });
  await call("device: fay signs in", "POST", "/sign-in/email", { as: "shared", body: { email: "fay@diff.example", password: PASSWORD } });
  await call("device: sign out", "POST", "/sign-out", { as: "shared", body: {} });
  await list("device: nobody any more", "shared");
}
