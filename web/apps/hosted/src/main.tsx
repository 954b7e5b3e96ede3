import "@portico/ui/styles.css";
import "./hosted.css";
import { savedTheme, setTheme } from "@portico/ui";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App, preload } from "./app";
import { hasten } from "./context";
import { i18n } from "./i18n";

const root = document.getElementById("root");
if (root) {
  setTheme(savedTheme(), false);
  // Code, words and answers come beside one another; none waits for another's round trip.
  preload(location.pathname.replace(/(?<=.)\/+$/, ""));
  hasten();
  const requested = new URLSearchParams(location.search).get("locale");
  void i18n.start(requested).finally(() => {
    createRoot(root).render(
      <StrictMode>
        <App />
      </StrictMode>,
    );
  });
}
