/**
 * The one script of a page: `<script type="module" src="https://auth.example/elements/portico.js"></script>`. It names the
 * elements and loads the code of those that the page uses.
 */
import type { Client, View as SignInView } from "./core/client.js";
import type { ViewConstructor } from "./core/view.js";

const base = new URL(/* @vite-ignore */ "..", import.meta.url);

const elements: Record<string, () => Promise<{ default: ViewConstructor }>> = {
  "portico-sign-in": () => import("./sign-in.js"),
  "portico-sign-up": () => import("./sign-up.js"),
  "portico-user-button": () => import("./user-button.js"),
  "portico-organization-switcher": () => import("./organization-switcher.js"),
  "portico-organization-profile": () => import("./organization-profile.js"),
  "portico-directory-setup": () => import("./directory-setup.js"),
};

let started: Promise<Client> | null = null;
let client: Client | null = null;

/** The first element that says how people sign in says it for the page. */
function start(): Promise<Client> {
  started ??= (async () => {
    const { clientOf } = await import("./core/client.js");
    const mode = document
      .querySelector("[mode]:is(portico-sign-in, portico-sign-up, portico-user-button)")
      ?.getAttribute("mode");
    client = await clientOf(base, mode ?? null);
    return client;
  })();
  return started;
}

/** For scripts of the page. */
const api = {
  baseUrl: base.origin,
  /** The client, when it is known who is signed in. */
  get ready(): Promise<Client> {
    return start();
  },
  /** Who is signed in; null for nobody, undefined while it is not known. */
  get user() {
    return client?.current === undefined ? undefined : (client.current?.user ?? null);
  },
  /** The bearer token on another site than Portico's; null where the session is a cookie. */
  token: () => client?.token() ?? null,
  /** Opens the page on which people sign in; call it in the handler of a click. */
  async signIn(view: SignInView = "sign-in") {
    await (client ?? (await start())).signInThere(document, view);
  },
  /** Looks again who is signed in, after the page changed it by itself. */
  async refresh() {
    await (await start()).load();
  },
  async signOut() {
    await (await start()).signOut(document);
  },
};
export type PorticoGlobal = typeof api;
Object.defineProperty(window, "Portico", { value: api, configurable: true });

for (const [name, load] of Object.entries(elements)) {
  if (customElements.get(name)) continue;
  customElements.define(
    name,
    class extends HTMLElement {
      static readonly observedAttributes = ["lang", "theme", "organization", "after-url", "setup-token", "directory"];
      readonly #root = this.attachShadow({ mode: "open" });
      #view: InstanceType<ViewConstructor> | null = null;
      #turn = 0;

      connectedCallback(): void {
        const turn = ++this.#turn;
        Promise.all([load(), start()]).then(
          async ([{ default: View }, client]) => {
            const view = new View(this, this.#root, client);
            await view.prepare();
            // It may have been taken out of the page while the code was loaded.
            if (turn !== this.#turn) return;
            this.#view = view;
            view.start();
          },
          (error: unknown) => console.error(`portico: <${name}> could not be loaded`, error),
        );
      }

      disconnectedCallback(): void {
        this.#turn++;
        this.#view?.stop();
        this.#view = null;
      }

      attributeChangedCallback(): void {
        this.#view?.changed();
      }
    },
  );
}
void start();
