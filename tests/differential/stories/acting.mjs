// Acting as somebody, where the methods add fields to people.
import { admin } from "../../client/support/portico.mjs";

const PASSWORD = "a long enough password";

export async function acting(server) {
  const call = (...words) => server.call(...words);
  const body = { name: "Paula", email: "paula@diff.example", password: PASSWORD, username: "paula" };
  const { user } = await call("acting: paula signs up", "POST", "/sign-up/email", { as: "paula", body, keep: { paula: (body) => body?.user?.id } });
  await call("acting: the administrator signs in", "POST", "/sign-in/email", { as: "administrator", body: admin, keep: { administrator: (body) => body?.user?.id } });
  await call("acting: begins", "POST", "/admin/impersonate-user", { as: "administrator", body: { userId: user.id } });
  await call("acting: session", "GET", "/get-session", { as: "administrator" });
  await call("acting: ends", "POST", "/admin/stop-impersonating", { as: "administrator", body: {} });
}
