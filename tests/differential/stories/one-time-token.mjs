// Tokens by which a session goes on elsewhere.
const PASSWORD = "a long enough password";

export async function oneTimeToken(server) {
  const call = (...words) => server.call(...words);
  const verify = (step, as, body) => call(step, "POST", "/one-time-token/verify", { as, body });
  await call("tom signs up", "POST", "/sign-up/email", { as: "tom", body: { name: "Tom Token", email: "tom@diff.example", password: PASSWORD }, keep: { tom: (body) => body?.user?.id } });
  await call("token: nobody", "GET", "/one-time-token/generate");
  await call("token: wrong method", "POST", "/one-time-token/generate", { as: "tom", body: {} });
  const { token } = await call("token", "GET", "/one-time-token/generate", { as: "tom" });
  await verify("token: nothing", "tom elsewhere", {});
  await verify("token: unknown", "tom elsewhere", { token: "no-such-token" });
  const { token: forProgram } = await call("token for a program", "GET", "/one-time-token/generate", { as: "tom" });
  await call("token: used by a program", "POST", "/one-time-token/verify", { body: { token: forProgram } });
  await call("token: from a foreign page", "POST", "/one-time-token/verify", { body: { token: "no-such-token" }, headers: { origin: "http://evil.example" } });
  await verify("token: used", "tom elsewhere", { token });
  await call("session by a token", "GET", "/get-session", { as: "tom elsewhere" });
  await verify("token: used again", "other", { token });
  const { token: stale } = await call("token before the end", "GET", "/one-time-token/generate", { as: "tom" });
  await call("tom signs out", "POST", "/sign-out", { as: "tom", body: {} });
  await verify("token: of a session that ended", "other", { token: stale });
}
