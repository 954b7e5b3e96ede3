import type { User } from "./api";

/** Ends the addresses that accounts without a mailbox have: they exist nowhere, and nobody is shown one. */
const NOWHERE = ".placeholder.invalid";

/** The address of somebody; null of who has none, such as of who signed up by telephone. */
export const mailboxOf = ({ email }: Pick<User, "email">): string | null => (email.endsWith(NOWHERE) ? null : email);

/** By what one reaches or tells somebody, besides the name. */
export const contactOf = (user: Pick<User, "email" | "phoneNumber">): string =>
  mailboxOf(user) ?? user.phoneNumber ?? "";
