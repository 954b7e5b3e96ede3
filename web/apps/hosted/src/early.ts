/** What every page asks, asked before anything is rendered; whoever asks first takes the answer. */
import { auth, type Instance, readInstance, type SessionAndUser } from "./api";

let earlySession: Promise<SessionAndUser | null> | null = null;
let earlyInstance: { organization: string | null; answer: Promise<Instance> } | null = null;

/** Asks while the code of the page and the words of its language are still on their way. */
export function hasten(): void {
  const organization = new URLSearchParams(location.search).get("organization");
  earlySession = auth.session();
  earlyInstance = { organization, answer: readInstance(organization) };
  // Whoever takes them says what went wrong.
  earlySession.catch(() => undefined);
  earlyInstance.answer.catch(() => undefined);
}

/** Who is signed in. */
export function firstSession(): Promise<SessionAndUser | null> {
  const asked = earlySession;
  earlySession = null;
  return asked ?? auth.session();
}

/** What the instance is, in the colors of an organization. */
export function firstInstance(organization: string | null): Promise<Instance> {
  const asked = earlyInstance;
  earlyInstance = null;
  return asked?.organization === organization ? asked.answer : readInstance(organization);
}
