// A cookie jar and an Origin around fetch: what a browser adds to the official client's requests.
export class Browser {
  /** What browsers have asked for and were not refused, as `GET /path`. Whoever counts puts an empty one in its place. */
  static asked = new Set();

  cookies = new Map();
  /** The last response, for what the client does not hand out (headers). */
  last = null;

  constructor(origin) {
    this.origin = origin;
  }

  get cookie() {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  fetch = async (url, init = {}) => {
    const headers = new Headers(init.headers);
    // A caller with a bearer token is a program, not a browser: it has neither cookies nor an origin.
    if (!headers.has("authorization")) {
      if (!headers.has("origin")) headers.set("origin", this.origin);
      if (this.cookies.size) headers.set("cookie", this.cookie);
    }
    const response = await fetch(url, { redirect: "manual", ...init, headers });
    for (const line of response.headers.getSetCookie()) {
      const [pair, ...attributes] = line.split(";").map((part) => part.trim());
      const at = pair.indexOf("=");
      const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
      if (!value || attributes.some((one) => /^max-age=0$/i.test(one))) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    this.last = response;
    if (response.status < 400) Browser.asked.add(`${init.method ?? "GET"} ${new URL(url).pathname.replace(/^\/api\/auth/, "")}`);
    return response;
  };
}
