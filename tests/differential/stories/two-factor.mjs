// Second factors: an app's codes, mailed ones, backup codes, and devices that are trusted.
import { code } from "../../client/stories/two-factor.mjs";

const PASSWORD = "a long enough password";
const LETTER = /^(\d{6})\s*$/m;

export async function twoFactor(server) {
  const call = (...words) => server.call(...words);
  const post = (step, path, as, body) => call(step, "POST", path, { as, body });
  const factor = (step, path, as, body) => post(`factor: ${step}`, `/two-factor/${path}`, as, body);
  const session = (step, as) => call(`factor: ${step}`, "GET", "/get-session", { as });
  const signIn = (step, as, email, more = {}) => post(`factor: ${step}`, "/sign-in/email", as, { email, password: PASSWORD, ...more });
  const signUp = (who, more = {}) =>
    call(`factor: ${who} signs up`, "POST", "/sign-up/email", { as: who, body: { name: who, email: `${who}@a.test`, password: PASSWORD, ...more }, keep: { [who]: (body) => body?.user?.id } });
  const mailed = (step, as, who) => server.letterAfter(`${who}@a.test`, LETTER, () => factor(step, "send-otp", as, {}));
  const mailedToSignIn = (step, as, who, type = "sign-in") =>
    server.letterAfter(`${who}@a.test`, LETTER, () => post(`factor: ${step}`, "/email-otp/send-verification-otp", as, { email: `${who}@a.test`, type }));
  const wrong = (right) => (right === "000000" ? "111111" : "000000");
  const fox = "fox@a.test";

  // Setting one up, in a mailbox that is proven
  await signUp("fox", { username: "foxy" });
  const proof = await mailedToSignIn("a code that proves the mailbox", "fox", "fox", "email-verification");
  await post("factor: the mailbox is proven", "/email-otp/verify-email", "fox", { email: fox, otp: proof });
  await factor("nobody", "enable", undefined, { password: PASSWORD });
  await factor("nothing", "enable", "fox", {});
  await factor("wrong password", "enable", "fox", { password: "not that password" });
  await factor("no such kind", "enable", "fox", { password: PASSWORD, method: "pigeon" });
  await factor("address of an app before there is one", "get-totp-uri", "fox", { password: PASSWORD });
  await factor("backup codes before there is one", "generate-backup-codes", "fox", { password: PASSWORD });
  const begun = await factor("begun", "enable", "fox", { password: PASSWORD });
  await session("session while begun", "fox");
  await signIn("sign in while begun", "fox before", fox);
  const { totpURI, backupCodes } = await factor("begun with another name", "enable", "fox", { password: PASSWORD, issuer: "Fox & Co" });
  await factor("wrong backup code while begun", "verify-backup-code", "fox", { code: "x" });
  await factor("code of the app that was replaced", "verify-totp", "fox", { code: code(begun.totpURI) });
  await factor("no code", "verify-totp", "fox", {});
  await factor("set up", "verify-totp", "fox", { code: code(totpURI) });
  await session("session after", "fox");
  await factor("address of the app", "get-totp-uri", "fox", { password: PASSWORD });
  await factor("address of the app, wrong password", "get-totp-uri", "fox", { password: "not that password" });
  await factor("address of the app, nothing", "get-totp-uri", "fox", {});

  // Signing in with the app
  await factor("code without a sign-in", "verify-totp", "other", { code: "123456" });
  await factor("backup code without a sign-in", "verify-backup-code", "other", { code: "123456" });
  await factor("mailed code without a sign-in", "verify-otp", "other", { code: "123456" });
  await factor("mail without a sign-in", "send-otp", "other", {});
  await signIn("sign in", "fox elsewhere", fox);
  await session("session of half a sign-in", "fox elsewhere");
  const next = code(totpURI, 1);
  await factor("wrong code", "verify-totp", "fox elsewhere", { code: wrong(next) });
  await factor("code", "verify-totp", "fox elsewhere", { code: next });
  await session("session of a whole sign-in", "fox elsewhere");
  await post("factor: sign in by name", "/sign-in/username", "fox again", { username: "foxy", password: PASSWORD });
  await factor("code again", "verify-totp", "fox again", { code: next });

  // Backup codes
  await signIn("sign in for a while", "fox for a while", fox, { rememberMe: false });
  await factor("backup code, for a while", "verify-backup-code", "fox for a while", { code: backupCodes[0] });
  await session("session for a while", "fox for a while");
  await signIn("sign in with a callback", "fox without", fox, { callbackURL: "/welcome" });
  await signIn("sign in without the app", "fox without", fox);
  await factor("no backup code", "verify-backup-code", "fox without", {});
  await factor("used backup code", "verify-backup-code", "fox without", { code: backupCodes[0] });
  await factor("backup code", "verify-backup-code", "fox without", { code: backupCodes[1] });
  await signIn("sign in for nothing", "fox for nothing", fox);
  await factor("backup code without a session", "verify-backup-code", "fox for nothing", { code: backupCodes[2], disableSession: true });
  await session("session of nobody", "fox for nothing");
  await factor("backup code in a session", "verify-backup-code", "fox without", { code: backupCodes[3] });
  await factor("new backup codes, wrong password", "generate-backup-codes", "fox", { password: "not that password" });
  const renewed = await factor("new backup codes", "generate-backup-codes", "fox", { password: PASSWORD });
  await signIn("sign in after the renewal", "fox on a device", fox);
  await factor("old backup code", "verify-backup-code", "fox on a device", { code: backupCodes[4] });

  // A device that is trusted
  await factor("trust this device", "verify-backup-code", "fox on a device", { code: renewed.backupCodes[0], trustDevice: true });
  await post("factor: sign out of the device", "/sign-out", "fox on a device", {});
  await signIn("sign in on the device", "fox on a device", fox);
  await session("session on the device", "fox on a device");

  await signUp("gus");
  await signIn("sign in of another on the device", "fox on a device", "gus@a.test");
  await signIn("sign in on the device after another", "fox on a device", fox);
  await signIn("sign in on a device for a while", "fox on a kiosk", fox, { rememberMe: false });
  await factor("trust a device for a while", "verify-backup-code", "fox on a kiosk", { code: renewed.backupCodes[1], trustDevice: true });
  await session("session on a device for a while", "fox on a kiosk");

  // Half a sign-in, and then another
  await signIn("sign in by half", "fox and gus", fox);
  await signIn("sign in of another after half", "fox and gus", "gus@a.test");
  await session("session of the other", "fox and gus");
  await factor("code in the session of the other", "verify-backup-code", "fox and gus", { code: renewed.backupCodes[2] });
  await signIn("sign in by half beside another", "fox and gus", fox);
  await session("session beside another", "fox and gus");
  await factor("code beside another", "verify-backup-code", "fox and gus", { code: renewed.backupCodes[3] });
  await call("factor: people beside one another", "GET", "/multi-session/list-device-sessions", { as: "fox and gus" });

  // Mailed codes
  await signIn("sign in with the mail", "fox by mail", fox);
  await factor("mailed code before it was sent", "verify-otp", "fox by mail", { code: "123456" });
  const first = await mailed("mail", "fox by mail", "fox");
  const second = await mailed("another mail", "fox by mail", "fox");
  await factor("code of the mail before", "verify-otp", "fox by mail", { code: first });
  await factor("wrong mailed code", "verify-otp", "fox by mail", { code: wrong(second) });
  await factor("no mailed code", "verify-otp", "fox by mail", {});
  await factor("mailed code", "verify-otp", "fox by mail", { code: second });
  await session("session by mail", "fox by mail");

  // Other ways in
  const otp = await mailedToSignIn("a code to sign in", "fox by code", "fox");
  await post("factor: sign in by a code", "/sign-in/email-otp", "fox by code", { email: fox, otp });
  for (const [how, more] of [["page", { callbackURL: "/in" }], ["token", {}]]) {
    const ask = () => post(`factor: a link to a ${how}`, "/sign-in/magic-link", "fox by link", { email: fox, ...more });
    const found = await server.letterAfter(fox, /token=([\w-]+)/, ask);
    await call(`factor: sign in by a link to a ${how}`, "GET", `/magic-link/verify?${new URLSearchParams({ token: found, ...more })}`, { as: "fox by link" });
  }

  await signUp("uma");
  const unproven = await factor("set up in a mailbox that nobody has proven", "enable", "uma", { password: PASSWORD });
  await factor("set up in a mailbox that nobody has proven, done", "verify-totp", "uma", { code: code(unproven.totpURI) });
  const proven = await mailedToSignIn("a code to sign in and prove the mailbox", "uma elsewhere", "uma");
  await post("factor: sign in by a code in a mailbox that nobody has proven", "/sign-in/email-otp", "uma elsewhere", { email: "uma@a.test", otp: proven });
  await session("session from before the mailbox was proven", "uma");

  // A new password
  await post("factor: change the password", "/change-password", "fox on a device", { currentPassword: PASSWORD, newPassword: `${PASSWORD} 2` });
  await post("factor: change it back", "/change-password", "fox on a device", { currentPassword: `${PASSWORD} 2`, newPassword: PASSWORD });
  await signIn("sign in on the device after the change", "fox on a kiosk", fox);

  // Doing without
  await factor("removed by nobody", "disable", undefined, { password: PASSWORD });
  await factor("removed with nothing", "disable", "fox on a device", {});
  await factor("removed with a wrong password", "disable", "fox on a device", { password: "not that password" });
  await factor("removed", "disable", "fox on a device", { password: PASSWORD });
  await session("session after the removal", "fox on a device");
  await signIn("sign in after the removal", "fox after", fox);
  await factor("removed again", "disable", "fox after", { password: PASSWORD });
  await factor("set up again", "enable", "fox after", { password: PASSWORD });

  // Without a password
  const bare = await mailedToSignIn("a code instead of a password", "bo", "bo");
  await post("factor: come without a password", "/sign-in/email-otp", "bo", { email: "bo@a.test", otp: bare });
  const begunBare = await factor("set up without a password", "enable", "bo", {});
  await factor("set up without a password, done", "verify-totp", "bo", { code: code(begunBare.totpURI) });
  await factor("address of the app, without a password", "get-totp-uri", "bo", {});
  await factor("new backup codes, without a password", "generate-backup-codes", "bo", {});
  await factor("removed without a password", "disable", "bo", {});

  // By mail alone
  await signUp("mel");
  await factor("by mail", "enable", "mel", { password: PASSWORD, method: "otp" });
  await session("session with one by mail", "mel");
  await signIn("sign in with one by mail", "mel elsewhere", "mel@a.test");
  await factor("one by mail: code of an app", "verify-totp", "mel elsewhere", { code: "123456" });
  const melted = await mailed("one by mail: mail", "mel elsewhere", "mel");
  await factor("one by mail: code", "verify-otp", "mel elsewhere", { code: melted, trustDevice: true });
  await signUp("nell");
  const nelled = await mailed("mail in a session", "nell", "nell");
  await factor("set up by a mailed code", "verify-otp", "nell", { code: nelled });
  await session("session with one by a mailed code", "nell");

  // Errors
  await signIn("sign in with mailed errors", "mel errs", "mel@a.test");
  await mailed("mail to err with", "mel errs", "mel");
  for (const n of [1, 2, 3, 4, 5]) await factor(`mailed error ${n}`, "verify-otp", "mel errs", { code: "x" });
  await factor("one mailed error too many", "verify-otp", "mel errs", { code: "x" });
  await signUp("lou");
  const lost = await factor("set up to err", "enable", "lou", { password: PASSWORD });
  await factor("set up to err, done", "verify-totp", "lou", { code: code(lost.totpURI) });
  for (const round of ["first", "second"]) {
    await signIn(`${round} sign in with errors`, "lou errs", "lou@a.test");
    for (const n of [1, 2, 3, 4, 5]) await factor(`${round} error ${n}`, n % 2 ? "verify-totp" : "verify-backup-code", "lou errs", { code: "x" });
    if (round === "first") await factor("first error too many", "verify-totp", "lou errs", { code: "x" });
  }
  await factor("locked by errors", "verify-totp", "lou errs", { code: "x" });
  await signIn("sign in locked", "lou locked", "lou@a.test");
  await factor("locked", "verify-backup-code", "lou locked", { code: lost.backupCodes[0] });
}
