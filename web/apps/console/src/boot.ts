/**
 * Comes before everything else, and small: code and answers then come beside one another, and none waits until what renders
 * them has been read. `index.html` names the code of `main` too, which therefore is on its way already.
 */
import "@portico/ui/styles.css";
import "./styles.css";
import { hasten } from "./api/early";
import { preload } from "./pages";

const path = location.pathname.replace(/^\/console/, "");
hasten(path, location.search);
preload(path);
// This runs as soon as it is there: what it renders into may not be yet.
const start = () => void import("./main");
if (document.getElementById("root")) start();
else document.addEventListener("DOMContentLoaded", start, { once: true });
