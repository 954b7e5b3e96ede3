import type { Json, Portico } from "./portico";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/** An identity provider that asks as Okta does: it looks for a person before it makes one, and patches. */
export class Okta {
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  async #ask(method: string, path: string, body?: unknown): Promise<Json> {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        accept: "application/scim+json",
        "content-type": "application/scim+json",
        "user-agent": "Okta SCIM Client 1.0.0",
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  /** What the button "Test Connector Configuration" does. */
  async test(): Promise<void> {
    await this.#ask("GET", "/Users?startIndex=1&count=1");
    await this.#ask("GET", "/Groups?startIndex=1&count=1");
  }

  /** Assigns a person to the application; the id of the resource. */
  async assign(userName: string, givenName: string, familyName: string): Promise<string> {
    const filter = encodeURIComponent(`userName eq "${userName}"`);
    const found = await this.#ask("GET", `/Users?filter=${filter}&startIndex=1&count=100`);
    if (found.totalResults > 0) return found.Resources[0].id;
    const user = await this.#ask("POST", "/Users", {
      schemas: [USER],
      userName,
      name: { givenName, familyName },
      emails: [{ primary: true, value: userName, type: "work" }],
      displayName: `${givenName} ${familyName}`,
      locale: "en-US",
      externalId: `00u${userName}`,
      groups: [],
      active: true,
    });
    return user.id;
  }

  /** Assigns somebody anew who was unassigned. */
  async activate(id: string): Promise<void> {
    await this.#ask("PATCH", `/Users/${id}`, {
      schemas: [PATCH],
      Operations: [{ op: "replace", value: { active: true } }],
    });
  }

  async unassign(id: string): Promise<void> {
    await this.#ask("PATCH", `/Users/${id}`, {
      schemas: [PATCH],
      Operations: [{ op: "replace", value: { active: false } }],
    });
  }

  /** Pushes a group with its members; its id. */
  async push(displayName: string, members: string[]): Promise<string> {
    const group = await this.#ask("POST", "/Groups", {
      schemas: [GROUP],
      displayName,
      members: members.map((value) => ({ value })),
    });
    return group.id;
  }

  /** Somebody comes into a group that was pushed. */
  async join(group: string, member: string): Promise<void> {
    await this.#ask("PATCH", `/Groups/${group}`, {
      schemas: [PATCH],
      Operations: [{ op: "add", path: "members", value: [{ value: member }] }],
    });
  }

  /** Somebody is taken out of a group. */
  async leave(group: string, member: string): Promise<void> {
    await this.#ask("PATCH", `/Groups/${group}`, {
      schemas: [PATCH],
      Operations: [{ op: "remove", path: `members[value eq "${member}"]` }],
    });
  }
}

/** An organization with a directory that an Okta is connected to. */
export async function connected(
  portico: Portico,
  organizationId: string,
  name = "Okta",
): Promise<{ directory: string; okta: Okta }> {
  const path = `/v1/organizations/${organizationId}/directories`;
  const directory = await portico.call("POST", path, { name, provider: "okta" });
  const credential = await portico.call("POST", `${path}/${directory.id}/credentials`, { name });
  return { directory: directory.id, okta: new Okta(directory.endpoint_url, credential.token) };
}
