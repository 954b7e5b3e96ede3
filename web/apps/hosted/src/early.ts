/** What every page asks, asked before anything is rendered; whoever asks first takes the answer. */
import { auth, type Instance, readInstance, type SessionAndUser } from "./api";

/** What that is, in the colors of the instance: the addresses that the server names with a page's HTML. */
export const ALWAYS = ["/api/auth/get-session", "/v1/instance"];

interface Asked<Data> {
  answer: Promise<Data>;
  /** The answer, once it has come. */
  there?: Data;
}

function asked<Data>(answer: Promise<Data>): Asked<Data> {
  const one: Asked<Data> = { answer };
  answer.then(
    (data) => {
      one.there = data;
    },
    // Whoever takes it says what went wrong.
    () => undefined,
  );
  return one;
}

let session: Asked<SessionAndUser | null> | null = null;
let instance: ({ organization: string | null } & Asked<Instance>) | null = null;

/** Asks while the code of the page and the words of its language are still on their way. */
export function hasten(): void {
  const organization = new URLSearchParams(location.search).get("organization");
  session = asked(auth.session());
  instance = Object.assign(asked(readInstance(organization)), { organization });
}

function takeSession() {
  const found = session;
  session = null;
  return found;
}

function takeInstance(organization: string | null) {
  const found = instance;
  instance = null;
  return found?.organization === organization ? found : null;
}

/** Who is signed in. */
export const firstSession = (): Promise<SessionAndUser | null> => takeSession()?.answer ?? auth.session();

/** What the instance is, in the colors of an organization. */
export const firstInstance = (organization: string | null): Promise<Instance> =>
  takeInstance(organization)?.answer ?? readInstance(organization);

/** The same if it has come, for who shows it from the first moment. */
export const thereSession = () => (session?.there === undefined ? undefined : takeSession()?.there);
export const thereInstance = (organization: string | null) =>
  instance?.there === undefined ? undefined : takeInstance(organization)?.there;
