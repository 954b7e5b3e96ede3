// Endpoints that no story drives to an answer that is no refusal, each with its reason. One that a story does drive fails
// the run.
const scim = "The protocol SCIM is held to its standard, by judges of its own: tests/scim2-tester, tests/schemathesis, tests/e2e.";
const tokens = "Driven by the official client in tests/client/stories/directory.mjs; tokens and directories are other things here than there.";
const own = "Portico's own, for pages on other sites: crates/server/tests/it/auth/handover.rs drives them.";

export const undriven = {
  "POST /get-session": "Refused by both unless the official server defers the renewal of sessions.",
  "POST /scim/generate-token": tokens,
  "GET /scim/list-provider-connections": tokens,
  "GET /scim/get-provider-connection": tokens,
  "POST /scim/delete-provider-connection": tokens,
  "GET /scim/v2/Users/:userId": scim,
  "POST /scim/v2/Users": scim,
  "PATCH /scim/v2/Users/:userId": scim,
  "DELETE /scim/v2/Users/:userId": scim,
  "PUT /scim/v2/Users/:userId": scim,
  "GET /scim/v2/Users": scim,
  "GET /scim/v2/ServiceProviderConfig": scim,
  "GET /scim/v2/Schemas": scim,
  "GET /scim/v2/Schemas/:schemaId": scim,
  "GET /scim/v2/ResourceTypes": scim,
  "GET /scim/v2/ResourceTypes/:resourceTypeId": scim,
  "POST /portico/authorize": own,
  "POST /portico/token": own,
};
