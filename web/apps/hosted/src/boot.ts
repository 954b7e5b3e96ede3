/**
 * Comes before everything else, and small: code, words and answers then come beside one another, and none waits until
 * what renders them has been read. `index.html` names the code of `main` too, which therefore is on its way already.
 */
import "@portico/ui/styles.css";
import "./hosted.css";
import { hasten } from "./early";
import { bringWords } from "./languages";
import { preload } from "./pages";

hasten();
bringWords();
preload(location.pathname.replace(/(?<=.)\/+$/, ""));
// This runs as soon as it is there: what it renders into may not be yet.
const start = () => void import("./main");
if (document.getElementById("root")) start();
else document.addEventListener("DOMContentLoaded", start, { once: true });
