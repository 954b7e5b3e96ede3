/** How states are called and colored, in one place. */

export type Tone = "neutral" | "success" | "warning" | "danger" | "info" | "accent";

interface Label {
  label: string;
  tone: Tone;
}

const DIRECTORY: Record<string, Label> = {
  setting_up: { label: "Setting up", tone: "info" },
  active: { label: "Active", tone: "success" },
  paused: { label: "Paused", tone: "warning" },
  tripped: { label: "Breaker tripped", tone: "danger" },
  disconnecting: { label: "Disconnecting", tone: "warning" },
};
export const directoryState = (state: string): Label => DIRECTORY[state] ?? { label: state, tone: "neutral" };

const MEMBER: Record<string, Label> = {
  active: { label: "Active", tone: "success" },
  awaiting: { label: "Awaiting acceptance", tone: "warning" },
  suspended: { label: "Suspended", tone: "danger" },
};
export const memberStatus = (status: string): Label => MEMBER[status] ?? { label: status, tone: "neutral" };

const LINK: Record<string, Label> = {
  linked: { label: "Linked", tone: "success" },
  awaiting_acceptance: { label: "Awaiting acceptance", tone: "warning" },
  no_address: { label: "No address", tone: "danger" },
};
export const linkState = (link: string): Label => LINK[link] ?? { label: link, tone: "neutral" };

const INVITATION: Record<string, Label> = {
  pending: { label: "Pending", tone: "info" },
  accepted: { label: "Accepted", tone: "success" },
  rejected: { label: "Declined", tone: "neutral" },
  canceled: { label: "Revoked", tone: "neutral" },
  revoked: { label: "Revoked", tone: "neutral" },
  expired: { label: "Expired", tone: "warning" },
};
export const invitationStatus = (status: string): Label => INVITATION[status] ?? { label: status, tone: "neutral" };

export function httpTone(status: number): Tone {
  return status >= 500 ? "danger" : status >= 400 ? "warning" : "success";
}

/** Where a role comes from, in words. */
export const SOURCES: Record<string, string> = {
  manual: "Given by hand",
  invitation: "By invitation",
  directory: "Default of a directory",
  default: "Default of the directory",
  group: "By a group",
  mapping: "By an attribute mapping",
  domain: "By a verified domain",
  creation: "Made the organization",
  sso: "By single sign-on",
};
