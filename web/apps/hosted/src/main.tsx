import { savedTheme, setTheme } from "@portico/ui";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { i18n } from "./i18n";
import { requestedLocale } from "./languages";

const root = document.getElementById("root");
if (root) {
  setTheme(savedTheme(), false);
  void i18n.start(requestedLocale()).finally(() => {
    createRoot(root).render(
      <StrictMode>
        <App />
      </StrictMode>,
    );
  });
}
