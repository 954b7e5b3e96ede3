/** A server that installed the package: what its types allow, and what they do not. */
import {
  createPortico,
  entries,
  type Portico,
  PorticoError,
  type PorticoEvent,
  verifyWebhook,
  WebhookVerificationError,
} from "@portico/sdk";

export const portico: Portico = createPortico({ baseUrl: "https://auth.example", token: "sk_a_secret_key" });

export async function names(): Promise<string[]> {
  const found: string[] = [];
  for await (const user of entries((page) =>
    portico.get("/v1/users", { params: { query: { ...page, query: "ann" } } }),
  )) {
    found.push(user.email_address);
  }
  return found;
}

export async function organization(id: string): Promise<string | null> {
  try {
    const { name } = await portico.get("/v1/organizations/{organization_id}", {
      params: { path: { organization_id: id } },
    });
    return name;
  } catch (error) {
    if (error instanceof PorticoError && error.status === 404) return null;
    throw error;
  }
}

export async function received(body: string, headers: Headers, secret: string): Promise<PorticoEvent | null> {
  try {
    return await verifyWebhook({ secret, body, headers });
  } catch (error) {
    if (error instanceof WebhookVerificationError) return null;
    throw error;
  }
}

export async function follow(): Promise<void> {
  const stream = portico.events({ types: ["scimUser.provisioned"] });
  for await (const event of stream) if (event.sequence > 10) stream.close();
}

// @ts-expect-error: there is no such path
void portico.get("/v1/people");
// @ts-expect-error: an organization has to be named
void portico.get("/v1/organizations/{organization_id}");
// @ts-expect-error: a name is a text
void portico.post("/v1/organizations", { body: { name: 7 } });
