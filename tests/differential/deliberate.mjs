// What Portico does otherwise than the official server, on purpose. `step` and `path` are a text, a pattern, or a list of
// them; `ours` says what Portico answers, where the whole answer is another. An entry that nothing falls under any more fails
// the run: the list says what is so.
export const deliberate = [
  {
    step: /./,
    path: [/^body\.(\d+\.)?session\.ipAddress$/, /^body\.\d+\.ipAddress$/],
    reason: "The official server reads the address from a header that nobody sends here; Portico knows the connection's.",
  },
  {
    step: "sign in after the reset",
    path: "body.user.emailVerified",
    reason: "Who follows the link of a reset has shown that the mailbox is theirs.",
  },
  {
    step: "create: nobody",
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
    step: "change the address with the code",
    path: /set-cookie\.better-auth\.session_token_multi/,
    reason: "Another address ends all sessions; the new one of the caller is kept beside others as any new one.",
  },
];
