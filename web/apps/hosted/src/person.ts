import { mailboxOf as mailbox } from "@portico/ui";
import type { User } from "./api";

/** The address of somebody; null of who has none, such as of who signed up by telephone. */
export const mailboxOf = ({ email }: Pick<User, "email">): string | null => mailbox(email);

/** By what one reaches or tells somebody, besides the name. */
export const contactOf = (user: Pick<User, "email" | "phoneNumber">): string =>
  mailboxOf(user) ?? user.phoneNumber ?? "";
