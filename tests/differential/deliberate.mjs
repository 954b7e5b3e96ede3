// What Portico does otherwise than the official server, on purpose. `step` and `path` are a text, a pattern, or a list of
// them; `ours` says what Portico answers, where the whole answer is another. An entry that nothing falls under any more fails
// the run: the list says what is so.
export const deliberate = [
  {
    step: /./,
    path: [/^body\.(\d+\.)?session\.ipAddress$/, /^body\.(sessions\.)?\d+\.ipAddress$/],
    reason: "The official server reads the address from a header that nobody sends here; Portico knows the connection's.",
  },
  {
    step: "sign in after the reset",
    path: "body.user.emailVerified",
    reason: "Who follows the link of a reset has shown that the mailbox is theirs.",
  },
  {
    step: [/^(create|act|stop|admin: .*|team: .*|service: .*): nobody$/, "admin: may: a stranger"],
    path: /^body/,
    reason: "A refusal says why; the official server sends an empty body here.",
  },
  {
    step: "invitation: nobody",
    path: ["body.message", "body.code"],
    reason: "The same answer as everywhere to who is not signed in, with its code.",
  },
  {
    step: "reject: again",
    path: "body.message",
    reason: "One text for one code; the official server has two of them.",
  },
  {
    step: "token of a link, unknown, errors lead elsewhere",
    path: ["body.message", "body.code"],
    reason: "A refusal names the address that it refuses; the official server calls all three of a link callbackURL.",
  },
  {
    step: /from a foreign page$/,
    path: /./,
    ours: { status: 403, "body.code": "INVALID_ORIGIN", "headers.set-cookie.better-auth.session_token": undefined },
    reason: "A foreign page signs nobody in, whichever way; the official server sees to it only with passwords, links and the sending of codes.",
  },
  {
    step: "visitor sets up a second factor",
    path: /./,
    ours: { status: 403, "body.code": "ANONYMOUS_USERS_HAVE_NO_SECOND_FACTOR" },
    reason: "A visitor has nothing to sign in with, to which a factor could be the second.",
  },
  {
    step: [/^factor: (by mail|removed|set up)/, /^visitor .*sign/, "device: the fifth changes the password"],
    path: /set-cookie\.better-auth\.session_token_multi/,
    reason: "A session that has ended makes room: when the next is kept, its cookie is taken back at once, not at the next sign-in.",
  },
  {
    step: "change the address with the code",
    path: /set-cookie\.better-auth\.session_token_multi/,
    reason: "Another address ends all sessions; the new one of the caller is kept beside others as any new one.",
  },
  {
    step: ["stop: who acts as nobody", "stop: again"],
    path: "body.code",
    reason: "Every refusal has a code.",
  },
  {
    step: ["act: nothing", /^admin: (set-role|update-user|list-user-sessions|revoke-user-sessions|set-user-password|ban-user|unban-user|remove-user): nothing$/, "team: add: nothing", "passkey: nothing", "passkey: sign in with nothing", "service: unlink: nothing"],
    path: "body.message",
    reason: "What is missing is said as what it should be: ids are texts. The official server would make one of anything that is there.",
  },
  {
    step: [/^in full/, /^team: (list|house in full)/, "fields: whole organization", "fields: teams"],
    path: ["body.teams.0.updatedAt", "body.0.updatedAt"],
    reason: "A team says when it was changed; the official server leaves it out for the first one alone.",
  },
  {
    step: ["own role: changed", "fields: role changed"],
    path: "body.roleData.updatedAt",
    reason: "A role that was changed says when; the official server tells of that only when the role is read again.",
  },
  {
    step: ["session after the organization", "team: session of who was taken from a team", "team: session in a team that is gone"],
    path: "body.session.activeTeamId",
    reason: "Who is in a team no more, or whose team is gone, does not work in it.",
  },
  {
    step: "acting: begins",
    path: /set-cookie\.better-auth\.session_token_multi/,
    reason: "The session in which somebody acts is not kept beside others: it would be left there when they stop.",
  },
  {
    step: "sign out of acting",
    path: "headers.set-cookie.better-auth.admin_session",
    reason: "Who signs out leaves no session of an administrator behind in the browser.",
  },
  {
    step: ["factor: sign in for a while", "factor: sign in on a device for a while", "factor: trust this device", "factor: trust a device for a while"],
    path: "headers.set-cookie.better-auth.dont_remember",
    reason: "Whether the session outlives the browser is remembered with the sign-in that waits, and trusting a device changes nothing of it.",
  },
  {
    step: ["factor: set up", /^factor: set up .*, done$/],
    path: "body.user.twoFactorEnabled",
    reason: "The answer shows the person as they are now, not as they were before.",
  },
  {
    step: "factor: session on a device for a while",
    path: /^headers/,
    ours: { "headers.set-cookie.better-auth.session_token": undefined },
    reason: "The same: a session that ends with the browser is not made to last at the next question.",
  },
  {
    step: "factor: sign in with a callback",
    path: "headers.location",
    ours: { "headers.location": undefined },
    reason: "Half a sign-in leads nowhere yet.",
  },
  {
    step: "factor: wrong backup code while begun",
    path: /./,
    ours: { status: 400, "body.code": "BACKUP_CODES_NOT_ENABLED" },
    reason: "What is only begun is not in force, and its backup codes prove nothing.",
  },
  {
    step: "factor: sign in on the device after the change",
    path: /./,
    ours: { "body.twoFactorRedirect": true, "body.token": undefined, "headers.set-auth-token": undefined },
    reason: "Another password ends the trust in devices.",
  },
  {
    step: "factor: code again",
    path: /./,
    ours: { status: 401, "body.code": "INVALID_CODE", "headers.set-cookie.better-auth.session_token": undefined },
    reason: "A code of an app is accepted once.",
  },
  {
    step: ["factor: sign in by a code", "factor: sign in by a link to a token", "factor: sign in by a link to a page"],
    path: /./,
    ours: {
      "body.twoFactorRedirect": true,
      "body.twoFactorMethods.0": "totp",
      "body.token": undefined,
      "body.session.token": undefined,
      "headers.location": "<base>/in?twoFactorMethods=totp&twoFactorRedirect=true",
    },
    reason: "A second factor is asked for whichever way somebody comes; the official server asks only after a password.",
  },
  {
    step: "factor: sign in by a code in a mailbox that nobody has proven",
    path: "body.user.twoFactorEnabled",
    ours: { "body.user.twoFactorEnabled": false },
    reason: "Who proves a mailbox first gets the account without what a stranger may have set up on it, the second factor too.",
  },
  {
    step: ["factor: removed again", "factor: removed without a password"],
    path: "headers.set-cookie.better-auth.trust_device",
    reason: "The device's cookie is void from then on, and taken back in any case.",
  },
  {
    step: /^factor: .*sign in/,
    path: "headers.set-cookie.better-auth.last_used_login_method",
    ours: { "headers.set-cookie.better-auth.last_used_login_method": undefined },
    reason: "How somebody signed in is noted when they have: once the second factor was shown, not when it is asked for.",
  },
  {
    step: "factor: set up without a password, done",
    path: "headers.set-cookie.better-auth.last_used_login_method",
    ours: { "headers.set-cookie.better-auth.last_used_login_method": "email-otp; max-age=2592000; path=/; samesite=lax" },
    reason: "The same: the second factor was shown.",
  },
  {
    step: /^factor: /,
    path: "headers.set-cookie.better-auth.last_used_login_method",
    ours: { "headers.set-cookie.better-auth.last_used_login_method": "email; max-age=2592000; path=/; samesite=lax" },
    reason: "The same: the second factor was shown.",
  },
  {
    step: /^factor: .*sign in/,
    path: "headers.set-auth-token",
    ours: { "headers.set-auth-token": undefined },
    reason: "Half a sign-in gives no token; the official server sends that of a session which it has ended.",
  },
  {
    step: "team: accept",
    path: /^headers\.set-/,
    reason: "The session goes on, with the cookie that the browser has.",
  },
  {
    step: "team: members: a stranger",
    path: ["body.message", "body.code"],
    reason: "A stranger is not told which teams there are.",
  },
  {
    step: "team: house in full",
    path: "body.invitations.0.teamId",
    reason: "An invitation leads into no team that is gone.",
  },
  {
    step: "admin: session after another address",
    path: /./,
    ours: { "body.session.token": undefined },
    reason: "Another address ends all sessions, whoever changes it: who had the old mailbox may be somebody else.",
  },
  {
    step: "acting: session",
    path: "headers.set-auth-jwt",
    reason: "Who acts as somebody gets no token in their name: it would outlast the acting.",
  },
  {
    step: ["phone: before a code was sent", "phone: code of another number", "phone: code again", "phone: after the errors", "phone: reset: again"],
    path: ["body.message", "body.code"],
    ours: { "body.code": "INVALID_OTP" },
    reason: "Whether a code is on its way to a number is not told.",
  },
  {
    step: /^phone: (comes|sign in)/,
    path: "headers.set-cookie.better-auth.last_used_login_method",
    ours: { "headers.set-cookie.better-auth.last_used_login_method": "phone-number; max-age=2592000; path=/; samesite=lax" },
    reason: "How somebody signed in last is noted whichever way it was.",
  },
  {
    step: "phone: session after the reset",
    path: /./,
    ours: { "body.session.token": undefined },
    reason: "A reset ends all sessions.",
  },
  {
    step: "phone: session without a number",
    path: "body.user.phoneNumberVerified",
    reason: "Where there is no number, none is proven or unproven: null, as before there was one.",
  },
  {
    step: ["device code: poll: nothing", "device code: poll: another grant", "device code: look: nothing", "device code: let in: nothing", "device code: refuse: nothing"],
    path: /^body\.(error|error_description|message|code)$/,
    reason: "All refusals are in the words of RFC 8628, as its clients read them.",
  },
  {
    step: ["device code: let in: somebody else", "device code: refuse: somebody else"],
    path: "body.error_description",
    reason: "One text for one refusal, whatever was to be decided.",
  },
  {
    step: "key: made in an unknown configuration",
    path: /./,
    ours: { status: 400, "body.code": "NO_DEFAULT_API_KEY_CONFIGURATION_FOUND" },
    reason: "Who asks for a configuration that there is not gets no key of another one.",
  },
  {
    step: /^key: (changed|switched|read|listed)/,
    path: /requestCount$/,
    reason: "Uses are counted, whether or not they are limited.",
  },
  {
    step: "documents: page",
    path: /./,
    ours: { status: 302, "headers.location": "/docs" },
    reason: "One page shows the documents of all that this server speaks.",
  },
  {
    step: /^passkey: .*options/,
    path: /^body\.(user\.displayName|excludeCredentials\.\d\.transports\.\d|pubKeyCredParams\.\d\.alg|extensions\.\w+|hints|(authenticatorSelection\.)?userVerification)$/,
    reason:
      "Who shows a passkey is verified (PIN, finger, face), and it is asked to keep itself from who is not. A person is called by their name, " +
      "what is registered is left out however it is reached, and the algorithms are those that are verified here: ES256, ES384, RS256.",
  },
  {
    step: /^service: .*(begun|going there|another|again|another's|once more)$|^service: oauth2(: link)?$/,
    path: "headers.set-cookie.better-auth.state",
    ours: { "headers.set-cookie.better-auth.state": "<value>; httponly; max-age=600; path=/; samesite=lax" },
    reason: "Who is at another service for up to ten minutes comes back in: what is kept here lasts as long.",
  },
  {
    step: "service: back in another browser",
    path: "headers.location",
    ours: { "headers.location": "<base>/api/auth/error?error=state_mismatch" },
    reason: "A browser that has not begun it is not led to where somebody else wished.",
  },
  {
    step: ["service: info", "service: info by the id"],
    path: /^body\.(data|account|user)\./,
    reason: "What the service says in its ID token is told too. Clients of both generations are answered alike, with the account as 1.7 shows it.",
  },
  {
    step: "service: oauth2: unknown",
    path: "body.message",
    reason: "A sentence; the official server says a code in its place.",
  },
  {
    step: ["service: oauth2", "service: oauth2: link"],
    path: ["headers.location", "body.url"],
    reason: "As with signIn.social: where it leads stands in the header too, and a nonce binds the ID token to this sign-in.",
  },
  {
    step: /^passkey: /,
    path: "headers.set-cookie.better-auth.better-auth-passkey",
    ours: { "headers.set-cookie.better-auth.better-auth-passkey": "<empty>; httponly; max-age=0; path=/; samesite=lax" },
    reason: "The cookie of options is good once, and taken back when it was.",
  },
  {
    step: ["passkey: on a foreign page", "passkey: sign in on a foreign page"],
    path: "status",
    reason: "What is presented is refused; the official server fails.",
  },
  {
    step: ["passkey: renamed by another", "passkey: removed by another"],
    path: /./,
    ours: { status: 404, "body.code": "PASSKEY_NOT_FOUND" },
    reason: "What is somebody else's is not there.",
  },
  {
    step: ["fields: another type", "fields: a list that is none", "fields: session: another type"],
    path: /./,
    ours: { status: 400, "body.code": "VALIDATION_ERROR" },
    reason: "A field holds what it was declared to hold; the official server keeps of a person or a session whatever is sent.",
  },
  {
    step: "fields: empty what is required",
    path: /./,
    ours: { status: 400, "body.code": "MISSING_FIELD" },
    reason: "What must be there is not emptied; the official server leaves that to its database, which fails or does not mind.",
  },
];
