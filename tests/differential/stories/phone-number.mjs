// Telephone numbers to sign in with.
const PASSWORD = "a long enough password";
const CODE = /^(\d{6})$/;

export async function phoneNumber(server) {
  const call = (...words) => server.call(...words);
  const post = (step, path, as, body) => call(`phone: ${step}`, "POST", path, { as, body });
  const session = (step, as) => call(`phone: ${step}`, "GET", "/get-session", { as });
  const send = (step, as, number) => server.letterAfter(number, CODE, () => post(step, "/phone-number/send-otp", as, { phoneNumber: number }));
  const verify = (step, as, body) => call(`phone: ${step}`, "POST", "/phone-number/verify", { as, body, keep: { [`caller ${as}`]: (body) => body?.user?.id } });
  const signIn = (step, as, body) => post(step, "/sign-in/phone-number", as, body);
  const wrong = (right) => (right === "000000" ? "111111" : "000000");
  const [ann, bob, kim, eve] = ["+4915100000001", "+4915100000002", "+4915100000003", "+4915100000004"];

  // Asking for a code
  await post("none", "/phone-number/send-otp", "phoner", {});
  await post("no number", "/phone-number/send-otp", "phoner", { phoneNumber: "tomorrow" });
  await call("phone: code from a foreign page", "POST", "/phone-number/send-otp", { body: { phoneNumber: "+4915100000009" }, headers: { origin: "http://evil.example" } });
  await verify("before a code was sent", "phoner", { phoneNumber: ann, code: "123456" });

  // Coming by it
  const first = await send("code", "ann", ann);
  await verify("nothing", "ann", {});
  await verify("wrong code", "ann", { phoneNumber: ann, code: wrong(first) });
  await verify("code of another number", "ann", { phoneNumber: bob, code: first });
  await verify("comes", "ann", { phoneNumber: ann, code: first });
  await session("session by a number", "ann");
  await verify("code again", "other", { phoneNumber: ann, code: first });
  const second = await send("code to come again", "ann elsewhere", ann);
  await verify("comes again", "ann elsewhere", { phoneNumber: ann, code: second });
  const third = await send("code for nothing", "ann proves", ann);
  await verify("proves without a session", "ann proves", { phoneNumber: ann, code: third, disableSession: true });
  await session("session of who only proved", "ann proves");
  const spoilt = await send("code to err with", "other", ann);
  for (const n of [1, 2, 3]) await verify(`error ${n}`, "other", { phoneNumber: ann, code: wrong(spoilt) });
  await verify("one error too many", "other", { phoneNumber: ann, code: spoilt });
  await verify("after the errors", "other", { phoneNumber: ann, code: spoilt });

  // Having one besides an address
  await post("kim signs up", "/sign-up/email", "kim", { name: "Kim", email: "kim@phones.test", password: PASSWORD });
  await post("a number at the sign-up", "/sign-up/email", "other", { name: "Kim", email: "kim-two@phones.test", password: PASSWORD, phoneNumber: kim });
  await post("a number with the profile", "/update-user", "kim", { phoneNumber: kim });
  const proof = await send("code to have it", "kim", kim);
  await verify("had by nobody", "nobody", { phoneNumber: kim, code: proof, updatePhoneNumber: true });
  const again = await send("another code to have it", "kim", kim);
  await verify("had", "kim", { phoneNumber: kim, code: again, updatePhoneNumber: true });
  await session("session with a number", "kim");
  const taken = await send("code of a number that is taken", "kim", ann);
  await verify("taken", "kim", { phoneNumber: ann, code: taken, updatePhoneNumber: true });

  // The password
  await signIn("sign in", "kim elsewhere", { phoneNumber: kim, password: PASSWORD });
  await signIn("sign in, not remembered", "kim for a while", { phoneNumber: kim, password: PASSWORD, rememberMe: false });
  await signIn("sign in: wrong password", "other", { phoneNumber: kim, password: "not that password" });
  await signIn("sign in: nobody", "other", { phoneNumber: eve, password: PASSWORD });
  await signIn("sign in: without a password of theirs", "other", { phoneNumber: ann, password: PASSWORD });
  await signIn("sign in: no number", "other", { phoneNumber: "tomorrow", password: PASSWORD });
  await signIn("sign in: long password", "other", { phoneNumber: kim, password: "p".repeat(129) });
  await signIn("sign in: nothing", "other", {});
  await call("phone: sign in: from a foreign page", "POST", "/sign-in/phone-number", { body: { phoneNumber: kim, password: PASSWORD }, headers: { origin: "http://evil.example" } });

  // A forgotten one
  const ask = (step, number) => post(step, "/phone-number/request-password-reset", "other", { phoneNumber: number });
  const reset = (step, body) => post(step, "/phone-number/reset-password", "other", body);
  await post("forgot: nothing", "/phone-number/request-password-reset", "other", {});
  await ask("forgot: nobody", eve);
  const code = await server.letterAfter(kim, CODE, () => ask("forgot", kim));
  await reset("reset: nothing", {});
  await reset("reset: wrong code", { phoneNumber: kim, otp: wrong(code), newPassword: "another long password" });
  await reset("reset: short", { phoneNumber: kim, otp: code, newPassword: "short" });
  const last = await server.letterAfter(kim, CODE, () => ask("forgot again", kim));
  await reset("reset", { phoneNumber: kim, otp: last, newPassword: "another long password" });
  await reset("reset: again", { phoneNumber: kim, otp: last, newPassword: "another long password" });
  await session("session after the reset", "kim");
  await signIn("sign in: old password", "other", { phoneNumber: kim, password: PASSWORD });
  await signIn("sign in: new password", "kim", { phoneNumber: kim, password: "another long password" });

  // Doing without
  await post("without", "/update-user", "kim", { phoneNumber: null });
  await session("session without a number", "kim");
  await signIn("sign in: without a number", "other", { phoneNumber: kim, password: "another long password" });
}
