import type { Key } from "../core/i18n.js";
import type { View } from "../core/view.js";

/** The roles that every organization has. */
export const ROLES = ["owner", "admin", "member"] as const;

/** What a role is called; of several, all of them. */
export function roleName(view: View, role: string): string {
  return role
    .split(",")
    .map((one) => ((ROLES as readonly string[]).includes(one) ? view.t(`role.${one}` as Key) : one))
    .join(", ");
}
