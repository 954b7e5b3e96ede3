import { type AdminSchemas, PorticoError } from "@portico/sdk";
import { h } from "./core/dom.js";
import { Setup } from "./core/setup.js";
import { View } from "./core/view.js";

interface Me {
  setup: { directory_id: string; organization_name: string } | null;
}

/**
 * `<portico-directory-setup setup-token="setup_…">`: the wizard for one directory, on the product's own pages. The product's
 * server gets the token by `POST /v1/directories/{id}/setup-sessions`.
 */
export default class DirectorySetup extends View {
  #setup: Setup | null = null;
  #shown: string | null = null;

  render(): void {
    const token = this.host.getAttribute("setup-token");
    // Not on each change of the session: the wizard has none, and would begin anew.
    if (!token || token === this.#shown) return;
    this.#shown = token;
    void this.#open(token);
  }

  override stop(): void {
    this.#setup?.stop();
    super.stop();
  }

  async #open(token: string): Promise<void> {
    const body = h("div", { class: "stack" }, h("p", { class: "muted", role: "status" }, this.t("common.loading")));
    const title = h("h2", { id: "title", part: "title" }, this.t("profile.directories"));
    this.show(h("section", { class: "card wide", part: "card", "aria-labelledby": "title" }, title, body));
    const signal = this.gone.signal;
    try {
      const me = await this.client.request<Me>("GET", "/v1/me", { token, signal });
      const directory = await this.client.request<AdminSchemas["Directory"]>(
        "GET",
        `/v1/directories/${me.setup?.directory_id}`,
        { token, signal },
      );
      if (me.setup?.organization_name)
        title.textContent = `${this.t("profile.directories")}: ${me.setup.organization_name}`;
      this.#setup?.stop();
      this.#setup = new Setup(this, {
        path: "/v1/directories",
        directory,
        token,
        onEnd: () => body.replaceChildren(h("p", { role: "status" }, this.t("wizard.done"))),
      });
      body.replaceChildren(this.#setup.element);
    } catch (error) {
      if (signal.aborted) return;
      const ended = error instanceof PorticoError && (error.status === 401 || error.status === 404);
      body.replaceChildren(
        h("p", { class: "error", part: "error", role: "alert" }, ended ? this.t("wizard.ended") : this.explain(error)),
      );
    }
  }
}
