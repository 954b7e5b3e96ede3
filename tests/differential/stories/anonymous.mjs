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
  await call("accounts of a visitor", "GET", "/list-accounts", { as: "visitor" });

  // Becoming somebody
  await call("visitor signs up", "POST", "/sign-up/email", { as: "visitor", body: { name: "Real", email: "real@diff.example", password: PASSWORD }, keep: { real: (body) => body?.user?.id } });
  await call("session of who was a visitor", "GET", "/get-session", { as: "visitor" });
  await leave("visitor: is one no more", "visitor", {});
  await enter("visitor: somebody comes in as one", "visitor", {});
  await call("visitor two signs in", "POST", "/sign-in/email", { as: "visitor two", body: { email: "real@diff.example", password: PASSWORD } });
  await call("session of who was visitor two", "GET", "/get-session", { as: "visitor two" });

  // Going
  await enter("visitor three comes in", "visitor three", {});
  await leave("visitor goes", "visitor three", {});
  await call("session of a visitor who went", "GET", "/get-session", { as: "visitor three" });
  await leave("visitor goes: nobody", "visitor three", {});
  await enter("visitor four comes in", "visitor four", {});
  await leave("visitor goes without a body", "visitor four");
  await enter("visitor five comes in", "visitor five", {});
  await call("visitor signs out", "POST", "/sign-out", { as: "visitor five", body: {} });
}
