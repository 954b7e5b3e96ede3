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

  // Signing out ends all
  await call("device: sue signs in", "POST", "/sign-in/email", { as: "shared", body: { email: "sue@diff.example", password: PASSWORD } });
  await call("device: fay signs in", "POST", "/sign-in/email", { as: "shared", body: { email: "fay@diff.example", password: PASSWORD } });
  await call("device: sign out", "POST", "/sign-out", { as: "shared", body: {} });
  await list("device: nobody any more", "shared");
}
