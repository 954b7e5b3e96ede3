import { connected, type Okta } from "./idp";
import type { Person, Portico } from "./portico";

export interface Synced {
  owner: Person;
  organization: { id: string; name: string; slug: string };
  /** The id of the directory. */
  directory: string;
  okta: Okta;
  /** Where the directory is in the administration API. */
  path: string;
  /** Where it is in the console. */
  page: string;
}

/** An organization that holds the domain `WORD.example`, with its owner and an Okta that has tried the connection. */
export async function synced(portico: Portico, word: string): Promise<Synced> {
  const owner = await portico.person("Dora Decider", `${word}-owner@example.com`);
  const organization = await portico.organization(`Decided ${word}`, owner);
  await portico.call("POST", `/v1/organizations/${organization.id}/domains`, {
    name: `${word}.example`,
    verified: true,
  });
  const { directory, okta } = await connected(portico, organization.id);
  await okta.test();
  return {
    owner,
    organization,
    directory,
    okta,
    path: `/v1/organizations/${organization.id}/directories/${directory}`,
    page: `/console/o/${organization.id}/directories/${directory}`,
  };
}

/** What becomes of a request of an identity provider: `done`, or what it was answered. */
export const answered = (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => "done",
    (error: Error) => error.message,
  );
