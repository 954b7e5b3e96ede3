import { savedTheme, setTheme } from "@portico/ui";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { i18n } from "./i18n";

const root = document.getElementById("root");
if (root) {
  setTheme(savedTheme(), false);
  const requested = new URLSearchParams(location.search).get("locale");
  void i18n.start(requested).finally(() => {
    createRoot(root).render(
      <StrictMode>
        <App />
      </StrictMode>,
    );
  });
}
