// Tokens that services check by themselves, and the documents about everything.
const PASSWORD = "a long enough password";
const read = (part) => JSON.parse(Buffer.from(part, "base64url").toString());

export async function jwt(server) {
  const call = (...words) => server.call(...words);
  await call("jwt: jim signs up", "POST", "/sign-up/email", { as: "jim", body: { name: "Jim", email: "jim@tokens.test", password: PASSWORD }, keep: { jim: (body) => body?.user?.id } });
  await call("jwt: nobody", "GET", "/token");
  await call("jwt: wrong method", "POST", "/token", { as: "jim", body: {} });
  const { token } = await call("jwt: token", "GET", "/token", { as: "jim" });
  const [head, claims] = token.split(".").slice(0, 2).map(read);
  const { keys } = await call("jwt: keys", "GET", "/jwks");
  const { iat, exp, ...said } = claims;
  server.note("jwt: what it says", { head: { ...head, kid: keys.some((key) => key.kid === head.kid) }, said, lasts: exp - iat });
  await call("jwt: with a session", "GET", "/get-session", { as: "jim" });
  await call("jwt: jim signs out", "POST", "/sign-out", { as: "jim", body: {} });
  await call("jwt: after the session", "GET", "/token", { as: "jim" });
}

export async function documents(server) {
  const shown = ({ openapi, paths }) => ({ openapi: openapi?.slice(0, 3), signs: Object.keys(paths ?? {}).some((path) => path.endsWith("/sign-in/email")) });
  await server.call("documents", "GET", "/open-api/generate-schema", { shown });
  await server.call("documents: page", "GET", "/reference");
}
