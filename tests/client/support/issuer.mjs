// A real OpenID Connect provider on a free loopback port: `oidc-provider`, with its own pages for signing in and agreeing.
import http from "node:http";
import Provider from "oidc-provider";

export const people = {
  ann: { email: "ann@issuer.example", email_verified: true, name: "Ann Issuer" },
  bob: { email: "bob@issuer.example", email_verified: true, name: "Bob Issuer" },
  eve: { email: "eve@issuer.example", email_verified: false, name: "Eve Issuer" },
};

/** Gives `{url, clientId, clientSecret, agree, close}`; `agree(url, who)` is where a browser ends that agrees as that person. */
export async function startIssuer(redirectUris) {
  const server = http.createServer((request, response) => handler(request, response));
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${server.address().port}`;
  const [clientId, clientSecret] = ["portico", "the secret of a client: with signs/+"];
  const provider = new Provider(url, {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: redirectUris,
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
      },
    ],
    pkce: { required: () => true },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, ...people[sub] }) }),
    issueRefreshToken: () => true,
    rotateRefreshToken: () => true,
    cookies: { keys: ["a key for judges only"] },
    features: { devInteractions: { enabled: true } },
  });
  const handler = provider.callback();

  const agree = async (start, who) => {
    const jar = new Map();
    const go = async (to, form) => {
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
      const headers = { cookie, ...(form && { "content-type": "application/x-www-form-urlencoded" }) };
      const body = form && new URLSearchParams(form).toString();
      const answer = await fetch(to, { method: form ? "POST" : "GET", body, headers, redirect: "manual" });
      for (const line of answer.headers.getSetCookie()) {
        const [name, ...value] = line.split(";")[0].split("=");
        jar.set(name, value.join("="));
      }
      const location = answer.headers.get("location");
      return { status: answer.status, text: await answer.text(), location: location && new URL(location, to).href };
    };
    let at = start;
    for (let steps = 0; steps < 12; steps += 1) {
      let answer = await go(at);
      if (answer.status === 200 && at.includes("/interaction/")) {
        const login = answer.text.includes('value="login"');
        answer = await go(at, login ? { prompt: "login", login: who, password: "any" } : { prompt: "consent" });
      }
      if (!answer.location) throw new Error(`${at} answered ${answer.status}: ${answer.text.slice(0, 500)}`);
      if (!answer.location.startsWith(url)) return answer.location;
      at = answer.location;
    }
    throw new Error(`no way back from ${start}`);
  };
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url, clientId, clientSecret, agree, close };
}
