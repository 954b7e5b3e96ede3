// Codes that are mailed and typed in.
const PASSWORD = "a long enough password";

export async function emailOtp(server) {
  const call = (...words) => server.call(...words);
  const post = (step, path, as, body) => call(step, "POST", path, { as, body });
  const send = (step, as, email, type) => post(step, "/email-otp/send-verification-otp", as, { email, type });
  const check = (step, as, email, type, otp) => post(step, "/email-otp/check-verification-otp", as, { email, type, otp });
  const signIn = (step, as, email, otp, more = {}) => post(step, "/sign-in/email-otp", as, { email, otp, ...more });
  const coming = (email, doing) => server.letterAfter(email, /^(\d{6})\s*$/m, doing);
  const code = (step, as, email, type) => coming(email, () => send(step, as, email, type));
  const wrong = (otp) => (otp === "000000" ? "111111" : "000000");

  await send("code: for nothing known", "other", "otto@diff.example", "no-such-type");
  await send("code: no address", "other", "otto", "sign-in");
  await post("code: nothing", "/email-otp/send-verification-otp", "other", {});
  await send("code: to change an address", "other", "otto@diff.example", "change-email");
  await send("code: to prove nobody's", "other", "nobody@diff.example", "email-verification");
  await send("code: for a password of nobody", "other", "nobody@diff.example", "forget-password");

  // Signing in
  await signIn("code: none was sent", "other", "otto@diff.example", "123456");
  await signIn("code: of no address", "other", "otto", "123456");
  await call("code: by a program", "POST", "/sign-in/email-otp", { body: { email: "otto@diff.example", otp: "123456" } });
  await call("prove by a code: by a program", "POST", "/email-otp/verify-email", { body: { email: "nobody@diff.example", otp: "123456" } });
  await post("code: sign in with nothing", "/sign-in/email-otp", "other", {});
  const first = await code("code for somebody new", "otto", "otto@diff.example", "sign-in");
  await signIn("code: a wrong one", "otto", "otto@diff.example", wrong(first));
  await signIn("code: of somebody else", "otto", "other@diff.example", first);
  await signIn("sign in by a code", "otto", "Otto@diff.example", first, { name: "Otto Code", image: "https://diff.example/otto.png" });
  await call("session by a code", "GET", "/get-session", { as: "otto", keep: { otto: (body) => body?.user?.id } });
  await call("code: from a foreign page", "POST", "/sign-in/email-otp", { body: { email: "otto@diff.example", otp: "x" }, headers: { origin: "http://evil.example" } });
  await signIn("code: again", "other", "otto@diff.example", first);
  const second = await code("code for somebody known", "otto elsewhere", "otto@diff.example", "sign-in");
  await signIn("sign in by a code, known", "otto elsewhere", "otto@diff.example", second, { name: "Renamed" });
  await code("code for somebody who errs", "other", "otto@diff.example", "sign-in");
  for (const n of [1, 2, 3]) await signIn(`code: error ${n}`, "other", "otto@diff.example", "x");
  await signIn("code: one error too many", "other", "otto@diff.example", "x");
  await signIn("code: after too many errors", "other", "otto@diff.example", "x");

  // Looking at one
  const third = await code("code to look at", "other", "otto@diff.example", "sign-in");
  await check("check a code: a wrong one", "other", "otto@diff.example", "sign-in", wrong(third));
  await check("check a code: of another type", "other", "otto@diff.example", "email-verification", third);
  await check("check a code: of nobody", "other", "nobody@diff.example", "sign-in", third);
  await check("check a code", "other", "otto@diff.example", "sign-in", third);
  await check("check a code: no address", "other", "otto", "sign-in", third);
  await post("check a code: nothing", "/email-otp/check-verification-otp", "other", {});
  await signIn("sign in by a code that was looked at", "otto elsewhere", "otto@diff.example", third);

  // Proving a mailbox
  await post("vera signs up", "/sign-up/email", "vera", { name: "Vera", email: "vera@diff.example", password: PASSWORD });
  const verify = (step, as, email, otp) => post(step, "/email-otp/verify-email", as, { email, otp });
  const proof = await code("code to prove", "vera", "vera@diff.example", "email-verification");
  await verify("prove by a code: nobody's", "other", "nobody@diff.example", proof);
  await verify("prove by a code: wrong", "vera", "vera@diff.example", wrong(proof));
  await post("prove by a code: nothing", "/email-otp/verify-email", "vera", {});
  await verify("prove by a code", "vera", "vera@diff.example", proof);
  await verify("prove by a code: again", "vera", "vera@diff.example", proof);
  await call("session after the proof by a code", "GET", "/get-session", { as: "vera" });
  await code("code to prove what is proven", "vera", "vera@diff.example", "email-verification");

  // A forgotten password
  const forgot = (step, body) => post(step, "/email-otp/request-password-reset", "other", body);
  const reset = (step, email, otp, password) => post(step, "/email-otp/reset-password", "other", { email, otp, password });
  await forgot("forgot, by a code: nobody", { email: "nobody@diff.example" });
  await forgot("forgot, by a code: no address", { email: "vera" });
  await forgot("forgot, by a code: nothing", {});
  await coming("vera@diff.example", () => post("forgot, by a code, as of old", "/forget-password/email-otp", "other", { email: "vera@diff.example" }));
  const otp = await coming("vera@diff.example", () => forgot("forgot, by a code", { email: "vera@diff.example" }));
  await reset("reset by a code: wrong", "vera@diff.example", wrong(otp), "another long password");
  await reset("reset by a code: nobody", "nobody@diff.example", otp, "another long password");
  await post("reset by a code: nothing", "/email-otp/reset-password", "other", {});
  await reset("reset by a code", "vera@diff.example", otp, "another long password");
  await reset("reset by a code: again", "vera@diff.example", otp, "a third long password");
  await post("sign in after the reset by a code", "/sign-in/email", "vera elsewhere", { email: "vera@diff.example", password: "another long password" });
  await post("sign in after the reset by a code, in the same browser", "/sign-in/email", "vera", { email: "vera@diff.example", password: "another long password" });
  const brief = await coming("vera@diff.example", () => forgot("forgot, by a code, once more", { email: "vera@diff.example" }));
  await reset("reset by a code: short", "vera@diff.example", brief, "short");
  await reset("reset by a code: long", "vera@diff.example", brief, "p".repeat(129));

  // Another address
  const change = (step, as, body) => post(step, "/email-otp/change-email", as, body);
  const wish = (step, as, body) => post(step, "/email-otp/request-email-change", as, body);
  await wish("change the address: nobody", undefined, { newEmail: "new-vera@diff.example" });
  await wish("change the address: nothing", "vera elsewhere", {});
  await wish("change the address: no address", "vera elsewhere", { newEmail: "vera elsewhere" });
  await wish("change the address: the same", "vera elsewhere", { newEmail: "vera@diff.example" });
  await wish("change the address: taken", "vera elsewhere", { newEmail: "otto@diff.example" });
  await wish("change the address: without a code of the present one", "vera elsewhere", { newEmail: "new-vera@diff.example" });
  await wish("change the address: with a wrong code of the present one", "vera elsewhere", { newEmail: "new-vera@diff.example", otp: "x" });
  const present = await code("code of the present address", "vera elsewhere", "vera@diff.example", "email-verification");
  const moved = await coming("new-vera@diff.example", () => wish("change the address, by a code", "vera elsewhere", { newEmail: "new-vera@diff.example", otp: present }));
  await change("change the address: nobody has a code", undefined, { newEmail: "new-vera@diff.example", otp: moved });
  await change("change the address: wrong code", "vera elsewhere", { newEmail: "new-vera@diff.example", otp: wrong(moved) });
  await change("change the address: no code", "vera elsewhere", { newEmail: "new-vera@diff.example" });
  await change("change the address with the code", "vera elsewhere", { newEmail: "new-vera@diff.example", otp: moved });
  await change("change the address with the code: again", "vera elsewhere", { newEmail: "new-vera@diff.example", otp: moved });
  await call("session after the change of the address", "GET", "/get-session", { as: "vera elsewhere" });
}
