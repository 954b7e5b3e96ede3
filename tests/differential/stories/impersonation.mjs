// An administrator who acts as somebody else.
import { admin } from "../../client/support/portico.mjs";

const PASSWORD = "a long enough password";

export async function impersonation(server) {
  const call = (...words) => server.call(...words);
  const act = (step, as, body) => call(step, "POST", "/admin/impersonate-user", { as, body });
  const stop = (step, as, body) => call(step, "POST", "/admin/stop-impersonating", { as, body });

  await call("the administrator signs in", "POST", "/sign-in/email", { as: "administrator", body: admin, keep: { administrator: (body) => body?.user?.id } });
  const { user } = await call("pat signs up", "POST", "/sign-up/email", { as: "pat", body: { name: "Pat", email: "pat@diff.example", password: PASSWORD }, keep: { pat: (body) => body?.user?.id } });
  const own = await call("session of the administrator", "GET", "/get-session", { as: "administrator" });

  await act("act: nobody", undefined, { userId: user.id });
  await act("act: somebody who may not", "pat", { userId: own.user.id });
  await act("act: nothing", "administrator", {});
  await act("act: as nobody known", "administrator", { userId: "no-such-user" });
  await stop("stop: nobody", undefined, {});
  await stop("stop: who acts as nobody", "administrator", {});
  await act("act", "administrator", { userId: user.id });
  await call("session of who acts", "GET", "/get-session", { as: "administrator" });
  await act("act: while acting", "administrator", { userId: own.user.id });
  await call("sessions of who acts", "GET", "/list-accounts", { as: "administrator" });
  await stop("stop", "administrator", {});
  await call("session of who acted", "GET", "/get-session", { as: "administrator" });
  await stop("stop: again", "administrator", {});
  await act("act once more", "administrator", { userId: user.id });
  await stop("stop without a body", "administrator");
  await act("act and sign out", "administrator", { userId: user.id });
  await call("sign out of acting", "POST", "/sign-out", { as: "administrator", body: {} });
  await call("session after signing out of acting", "GET", "/get-session", { as: "administrator" });
}
