/** Suffixes under which strangers have their sites, as far as they have more than one label and are common. */
const SHARED_SUFFIXES = new Set(
  (
    "github.io gitlab.io vercel.app netlify.app pages.dev workers.dev herokuapp.com web.app firebaseapp.com " +
    "azurewebsites.net cloudfront.net amazonaws.com onrender.com fly.dev ngrok.io ngrok-free.app railway.app " +
    "surge.sh glitch.me repl.co replit.app translate.goog blogspot.com deno.dev"
  ).split(" "),
);

/**
 * Whether a browser takes two addresses for one site, so that cookies of one are sent from pages of the other. There is
 * no list of public suffixes here: in doubt they are two, which works too, with one click more.
 */
export function sameSite(page: URL, portico: URL): boolean {
  if (page.protocol !== portico.protocol) return false;
  const [a, b] = [page.hostname, portico.hostname];
  if (a === b) return true;
  // Addresses have no parent domain, and browsers keep each name below localhost for itself.
  if ([a, b].some((host) => /^[\d.]+$|[:[]|(^|\.)localhost$/.test(host))) return false;
  const [left, right] = [a.split(".").reverse(), b.split(".").reverse()];
  const shared: string[] = [];
  for (let index = 0; index < left.length && left[index] === right[index]; index++) shared.unshift(left[index] ?? "");
  if (shared.length < 2 || SHARED_SUFFIXES.has(shared.slice(-2).join("."))) return false;
  // co.uk, com.au: a country's suffix of two labels.
  const [second = "", top = ""] = shared.slice(-2);
  return !(top.length === 2 && second.length <= 3) || shared.length >= 3;
}

/** How an element signs people in. */
export type Mode = "same-site" | "popup" | "redirect";

/** The mode that an attribute asks for, or what fits the two addresses. */
export function chooseMode(attribute: string | null, page: URL, portico: URL): Mode {
  if (attribute === "same-site" || attribute === "popup" || attribute === "redirect") return attribute;
  return sameSite(page, portico) ? "same-site" : "popup";
}
