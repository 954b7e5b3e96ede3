// Endpoints that no story drives by the official client, each with its reason. One that a story does drive fails the run.
const page = "A page for people; tests/differential asks for it.";
const own = "Portico's own, for pages on other sites: crates/server/tests/it/auth/handover.rs drives them.";

/** The list for a generation. */
export const undriven = (generation) => ({
  "GET /error": page,
  "GET /reference": page,
  "GET /reset-password/:token": "The link of a letter: the story follows it without the client.",
  "GET /delete-user/callback": "It takes a setting of its own: tests/differential has it.",
  "POST /callback/:provider": "A form that another service's page sends: tests/differential sends it.",
  "POST /get-session": "Refused unless the renewal of sessions is deferred, which it is not.",
  "POST /portico/authorize": own,
  "POST /portico/token": own,
  ...(generation === "1.7" && {
    "POST /sign-in/oauth2": "Of 1.6 alone.",
    "POST /oauth2/link": "Of 1.6 alone.",
    "GET /oauth2/callback/:provider": "Of 1.6 alone.",
  }),
});
