import { type ComponentProps, useSyncExternalStore } from "react";

const listeners = new Set<() => void>();

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  window.addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("popstate", listener);
  };
};

const here = () => `${location.pathname}${location.search}`;

/** The address of now, following changes. */
export function useAddress(): { path: string; search: string; params: URLSearchParams } {
  const full = useSyncExternalStore(subscribe, here, here);
  const at = full.indexOf("?");
  const path = at < 0 ? full : full.slice(0, at);
  const search = at < 0 ? "" : full.slice(at);
  return { path: path.replace(/(?<=.)\/+$/, ""), search, params: new URLSearchParams(search) };
}

/** Goes to another of these pages without loading anew. */
export function navigate(to: string, options: { replace?: boolean } = {}): void {
  if (options.replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  for (const listener of listeners) listener();
  if (!options.replace) window.scrollTo(0, 0);
}

/** A link to another of these pages. */
export function Link({ href, onClick, ...rest }: ComponentProps<"a"> & { href: string }) {
  return (
    <a
      href={href}
      onClick={(event) => {
        onClick?.(event);
        const plain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
        if (!event.defaultPrevented && plain) {
          event.preventDefault();
          navigate(href);
        }
      }}
      {...rest}
    />
  );
}
