// Devices that somebody lets in elsewhere (RFC 8628).
const PASSWORD = "a long enough password";
const GRANT = "urn:ietf:params:oauth:grant-type:device_code";

export async function device(server) {
  const call = (...words) => server.call(...words);
  const post = (step, path, as, body) => call(`device code: ${step}`, "POST", path, { as, body });
  /** The code is another one each time, wherever it stands. */
  const shown = (body) => JSON.parse(JSON.stringify(body).replaceAll(body.user_code ?? "no code", "<user code>"));
  const ask = (step, body = { client_id: "television" }) => {
    const keep = { [`code (${step})`]: (body) => body?.user_code, [`device (${step})`]: (body) => body?.device_code };
    return call(`device code: ${step}`, "POST", "/device/code", { body, keep, shown });
  };
  const poll = (step, device_code, more = {}) => {
    const body = { grant_type: GRANT, device_code, client_id: "television", ...more };
    // A second may have passed.
    const shown = ({ expires_in, ...rest }) => ({ ...rest, ...(expires_in && { minutes: Math.round(expires_in / 60) }) });
    return call(`device code: ${step}`, "POST", "/device/token", { body, shown });
  };
  const look = (step, as, code) => call(`device code: ${step}`, "GET", `/device?user_code=${code}`, { as });
  const decide = (step, as, userCode, how = "approve") => post(step, `/device/${how}`, as, { userCode });
  for (const who of ["dan", "dot"]) {
    await post(`${who} signs up`, "/sign-up/email", who, { name: who, email: `${who}@devices.test`, password: PASSWORD });
  }

  // Asking
  await ask("nothing", {});
  await ask("an unknown client", { client_id: "toaster" });
  const first = await ask("a code", { client_id: "television", scope: "watch listen" });
  await call("device code: a form", "POST", "/device/code", { raw: "client_id=television", shown, headers: { "content-type": "application/x-www-form-urlencoded" } });

  // Polling
  await poll("poll: nothing", undefined);
  await poll("poll: unknown", "no-such-device");
  await poll("poll: another client", first.device_code, { client_id: "toaster" });
  await poll("poll: another grant", first.device_code, { grant_type: "password" });
  await poll("poll", first.device_code);
  await poll("poll: too soon", first.device_code);

  // Letting in
  await call("device code: look: nothing", "GET", "/device", { as: "dan" });
  await look("look: unknown", "dan", "NOSUCHCO");
  await look("look: nobody", undefined, first.user_code);
  const second = await ask("another code", { client_id: "television", scope: "watch listen" });
  await decide("let in: not claimed", "dan", second.user_code);
  await look("look", "dan", second.user_code);
  await look("look: another", "dot", second.user_code);
  await decide("let in: nobody", undefined, second.user_code);
  await decide("let in: somebody else", "dot", second.user_code);
  await decide("let in: unknown", "dan", "NOSUCHCO");
  await post("let in: nothing", "/device/approve", "dan", {});
  await decide("let in", "dan", second.user_code);
  await decide("let in: again", "dan", second.user_code);
  await look("look: let in", "dan", second.user_code);
  const { access_token: token } = await poll("poll: let in", second.device_code);
  await poll("poll: again", second.device_code);
  await call("device code: session of a device", "GET", "/get-session", { headers: { authorization: `Bearer ${token}` } });

  // As people type it
  const typed = await ask("a code to type");
  const dashed = `${typed.user_code.slice(0, 4)}-${typed.user_code.slice(4)}`;
  await call("device code: look: as typed", "GET", `/device?user_code=${dashed}`, { as: "dan", shown: ({ user_code, ...rest }) => ({ ...rest, asTyped: user_code === dashed }) });
  await decide("let in: as typed", "dan", dashed);

  // Not letting in
  const third = await ask("a third code");
  await look("look: the third", "dan", third.user_code);
  await decide("refuse: nobody", undefined, third.user_code, "deny");
  await decide("refuse: somebody else", "dot", third.user_code, "deny");
  await decide("refuse: unknown", "dan", "NOSUCHCO", "deny");
  await post("refuse: nothing", "/device/deny", "dan", {});
  await decide("refuse", "dan", third.user_code, "deny");
  await decide("refuse: again", "dan", third.user_code, "deny");
  await poll("poll: refused", third.device_code);
  await poll("poll: refused before", third.device_code);

  // Whose session has ended
  const fourth = await ask("a fourth code");
  await look("look: the fourth", "dot", fourth.user_code);
  await post("dot signs out", "/sign-out", "dot", {});
  await decide("let in: after signing out", "dot", fourth.user_code);
}
