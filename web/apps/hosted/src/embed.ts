/** What an element on another site asks for. */
export interface EmbedRequest {
  /** The origin of the site, which alone is told anything. */
  clientOrigin: string;
  /** Where to lead back to; null in a popup. */
  redirectUri: string | null;
  state: string;
  /** RFC 7636, S256. */
  codeChallenge: string;
  view: "sign-in" | "sign-up";
}

const isWeb = (url: URL) => url.protocol === "https:" || url.protocol === "http:";

const parse = (text: string): URL | null => {
  try {
    return new URL(text);
  } catch {
    return null;
  }
};

/** Reads the request; null if it is malformed, or would lead to another origin than it names. Trust is the server's to tell. */
export function readEmbedRequest(params: URLSearchParams): EmbedRequest | null {
  const clientOrigin = params.get("client_origin") ?? "";
  const origin = parse(clientOrigin);
  if (!origin || !isWeb(origin) || origin.origin !== clientOrigin) return null;
  const state = params.get("state") ?? "";
  const codeChallenge = params.get("code_challenge") ?? "";
  if (!state || state.length > 512 || !/^[A-Za-z0-9_-]{43}$/.test(codeChallenge)) return null;
  const wanted = params.get("redirect_uri") || null;
  if (wanted) {
    const url = parse(wanted);
    if (!url || !isWeb(url) || url.origin !== origin.origin || url.username || url.password) return null;
  }
  const view = params.get("view") === "sign-up" ? "sign-up" : "sign-in";
  return { clientOrigin, redirectUri: wanted, state, codeChallenge, view };
}
