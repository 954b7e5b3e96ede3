// Visitors who have not said who they are.
const PASSWORD = "a long enough password";

export async function anonymous(server) {
  const call = (...words) => server.call(...words);
  const enter = (step, as, body) => call(step, "POST", "/sign-in/anonymous", { as, body, keep: { [as]: (body) => body?.user?.id, [`${as}'s address`]: (body) => body?.user?.email } });
  const leave = (step, as, body) => call(step, "POST", "/delete-anonymous-user", { as, body });

  await enter("visitor comes in", "visitor", {});
  await call("session of a visitor", "GET", "/get-session", { as: "visitor" });
  await enter("visitor comes in again", "visitor", {});
  await enter("visitor comes in without a body", "visitor two");
  await call("visitor is a program", "POST", "/sign-in/anonymous", { body: {} });
  await call("visitor comes from a foreign page", "POST", "/sign-in/anonymous", { body: {}, headers: { origin: "http://evil.example" } });
  await call("visitor sets up a second factor", "POST", "/two-factor/enable", { as: "visitor", body: { method: "totp" } });
  await call("visitor makes an organization", "POST", "/organization/create", { as: "visitor", body: { name: "Visitors", slug: "visitors" } });
  await call("visitor makes a token", "GET", "/one-time-token/generate", { as: "visitor" });
  await call("visitor gets a name", "POST", "/update-user", { as: "visitor", body: { name: "Ani" } });
  await call("visitor changes a password", "POST", "/change-password", { as: "visitor", body: { currentPassword: PASSWORD, newPassword: PASSWORD } });
  await call("accounts of a visitor", "GET", "/list-accounts", { as: "visitor" });

  // Becoming somebody
  await call("visitor signs up", "POST", "/sign-up/email", { as: "visitor", body: { name: "Real", email: "real@diff.example", password: PASSWORD }, keep: { real: (body) => body?.user?.id } });
  await call("session of who was a visitor", "GET", "/get-session", { as: "visitor" });
  await leave("visitor: is one no more", "visitor", {});
  await enter("visitor: somebody comes in as one", "visitor", {});
  await call("visitor two signs in", "POST", "/sign-in/email", { as: "visitor two", body: { email: "real@diff.example", password: PASSWORD } });
  await call("session of who was visitor two", "GET", "/get-session", { as: "visitor two" });

  await enter("visitor six comes in", "visitor six", {});
  const send = () => call("visitor six asks for a code", "POST", "/email-otp/send-verification-otp", { as: "visitor six", body: { email: "six@diff.example", type: "sign-in" } });
  const otp = await server.letterAfter("six@diff.example", /^(\d{6})\s*$/m, send);
  await call("visitor six signs in by a code", "POST", "/sign-in/email-otp", { as: "visitor six", body: { email: "six@diff.example", otp } });
  await call("device of who was visitor six", "GET", "/multi-session/list-device-sessions", { as: "visitor six" });

  // Going
  await enter("visitor three comes in", "visitor three", {});
  await leave("visitor goes", "visitor three", {});
  await call("session of a visitor who went", "GET", "/get-session", { as: "visitor three" });
  await leave("visitor goes: nobody", "visitor three", {});
  await enter("visitor four comes in", "visitor four", {});
  await leave("visitor goes without a body", "visitor four");
  await enter("visitor five comes in", "visitor five", {});
  await enter("visitor seven comes in", "visitor seven", {});
  await call("visitor deletes the account", "POST", "/delete-user", { as: "visitor seven", body: {} });
  await call("visitor signs out", "POST", "/sign-out", { as: "visitor five", body: {} });
}
