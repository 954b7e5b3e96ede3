import { ApiError } from "./http";

const OTHER_OWNER = "Make somebody else an owner first, then try again.";

/** What to do about a failure, by its code. Codes are a contract of the server's. */
const ADVICE: Record<string, string> = {
  unreachable: "Check your connection, then try again.",
  forbidden: "Ask an owner of the organization, or an administrator of the instance, to do it or to give you the role.",
  invalid_origin: "Open the console at the address that the server is configured with (server.public_url).",
  not_found: "It may have been deleted meanwhile. Go back to the list and look again.",
  rate_limited: "Wait a moment, then try again.",
  you_cannot_leave_the_organization_as_the_only_owner: OTHER_OWNER,
  you_cannot_leave_the_organization_without_an_owner: OTHER_OWNER,
  directory_tripped_undecided: "Release or reject what the circuit breaker holds back first.",
  ambiguous_group: "Several groups have this name. Choose the group itself from the list.",
  key_access_ended: "Make another key, and delete this one.",
  sso_required: "Sign out, and sign in again through that service.",
  two_factor_required: "Set up a second factor under your account, Security, then try again.",
  second_factor_not_shown: "Sign out, and sign in again with your second factor.",
  unable_to_remove_last_team: "Give it another name, or make another team first.",
  you_are_not_allowed_to_delete_this_team: "Your session works in this team: choose another one in your portal first.",
  team_member_by_group:
    "Take them out of the group at the identity provider, or the team out of the directory's role rules.",
  unknown_role: "Choose one of the roles that exist, or make it under Roles first.",
  role_above_own: "You can only give roles up to your own. Ask an owner.",
};

export interface Explanation {
  title: string;
  advice: string;
  fields: { field: string; message: string }[];
  traceId?: string;
}

/** A failure in words: what happened, and what to do about it. */
export function explain(error: unknown): Explanation {
  if (!(error instanceof ApiError)) {
    return { title: "Something went wrong on this page.", advice: "Reload the page and try again.", fields: [] };
  }
  const fields = error.fields.map((fault) => ({ field: fault.field, message: fault.message }));
  let advice = ADVICE[error.code] ?? "";
  if (!advice && fields.length > 0) advice = "Correct what is marked, then try again.";
  if (!advice && error.status >= 500) advice = "Try again. If it stays, give the operator the trace id.";
  if (!advice && error.status === 403) advice = ADVICE.forbidden ?? "";
  if (!advice && error.status === 404) advice = ADVICE.not_found ?? "";
  if (!advice && error.status === 409) advice = "Reload to see how things stand now, then decide again.";
  const title = /[.!?]$/.test(error.message) ? error.message : `${error.message}.`;
  return { title, advice, fields, ...(error.traceId && error.status >= 500 ? { traceId: error.traceId } : {}) };
}
