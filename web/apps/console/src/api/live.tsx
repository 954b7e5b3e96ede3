/**
 * Live updates: events come over one stream, and what they are about is asked for again. Where there is no stream
 * (an older server, a proxy that holds answers back), what is on the page is asked for every few seconds instead.
 */
import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from "react";
import { forget } from "./early";
import { withQuery } from "./http";
import type { PorticoEvent } from "./types";

export type LiveState = "connecting" | "live" | "polling";

const NAMES: Record<string, string> = {
  user: "created updated deleted twoFactorEnabled twoFactorDisabled twoFactorReset twoFactorLocked",
  session: "created ended revoked impersonated impersonationEnded impersonationRefused",
  organization: "created updated deleted ownerless",
  organizationMembership: "created updated deleted",
  organizationInvitation: "created accepted revoked",
  organizationDomain: "created updated deleted",
  organizationTeam: "created updated deleted memberAdded memberRemoved",
  directory: "created updated paused tripped released",
  scimToken: "issued rotated revoked expiring unused",
  scimRequest: "replayed",
  setupLink: "created revoked",
  setupSession: "created revoked",
  role: "created updated deleted",
  scimUser: "provisioned updated deprovisioned",
  scimGroup: "created updated deleted memberAdded memberRemoved",
  secretKey: "issued revoked",
  apiKey: "issued updated revoked",
  passkey: "created updated deleted refused",
  account: "linked unlinked",
  webhookEndpoint: "created updated deleted rotated replayed disabled",
};
export const EVENT_TYPES = Object.entries(NAMES).flatMap(([what, verbs]) =>
  verbs.split(" ").map((verb) => `${what}.${verb}`),
);

/** What happens too often, or changes too little, for the audit. */
const NOT_AUDITED = /^(session\.(created|ended)|scimUser\.updated|scimGroup\..*|scimToken\.(expiring|unused))$/;
export const AUDITED_TYPES = EVENT_TYPES.filter((type) => !NOT_AUDITED.test(type));

/** Which queries an event makes stale, by the first word of their keys. */
const STALE: Record<string, string[]> = {
  user: ["users", "members", "me"],
  session: ["sessions"],
  organization: ["organizations", "me"],
  organizationMembership: ["members", "organizations", "me", "teams"],
  organizationInvitation: ["invitations", "organizations", "members"],
  organizationDomain: ["domains"],
  organizationTeam: ["teams"],
  directory: ["directories"],
  scimToken: ["directories"],
  scimRequest: ["directories"],
  setupLink: ["directories"],
  setupSession: ["directories"],
  role: ["roles"],
  scimUser: ["directories", "members"],
  scimGroup: ["directories"],
  secretKey: ["keys"],
  apiKey: ["api-keys"],
  webhookEndpoint: ["webhooks"],
};

export function staleBy(type: string): string[] {
  return [...(STALE[type.split(".")[0] ?? ""] ?? []), "events", "audit"];
}

const POLL_MS = 5_000;
const GATHER_MS = 400;
const AGAIN_MS = 60_000;

interface Live {
  state: LiveState;
  listen: (listener: (event: PorticoEvent) => void) => () => void;
}

const Context = createContext<Live>({ state: "connecting", listen: () => () => undefined });

/** Follows the events of an organization, or of the whole instance. */
export function LiveProvider({ organizationId, children }: { organizationId: string | null; children: ReactNode }) {
  const client = useQueryClient();
  const [state, setState] = useState<LiveState>("connecting");
  const listeners = useRef(new Set<(event: PorticoEvent) => void>());

  useEffect(() => {
    const url = withQuery("/v1/events/stream", { organization_id: organizationId });
    let source: EventSource | null = null;
    let again = 0;
    const waiting = new Set<string>();
    let gather = 0;
    let poll = 0;
    const flush = () => {
      gather = 0;
      for (const key of waiting) void client.invalidateQueries({ queryKey: [key] });
      waiting.clear();
    };
    const stopPolling = () => {
      window.clearInterval(poll);
      poll = 0;
    };
    const startPolling = () => {
      if (poll) return;
      setState("polling");
      poll = window.setInterval(() => {
        if (document.visibilityState === "visible") {
          void client.invalidateQueries({ refetchType: "active", predicate: (query) => query.meta?.still !== true });
        }
      }, POLL_MS);
    };
    const receive = (message: MessageEvent<string>) => {
      let event: PorticoEvent;
      try {
        event = JSON.parse(message.data) as PorticoEvent;
      } catch {
        return;
      }
      for (const key of staleBy(event.type)) waiting.add(key);
      // Queries that are not there yet are not made stale by that.
      forget();
      if (!gather) gather = window.setTimeout(flush, GATHER_MS);
      for (const listener of listeners.current) listener(event);
    };
    const connect = () => {
      const opened = new EventSource(url, { withCredentials: true });
      source = opened;
      for (const type of EVENT_TYPES) opened.addEventListener(type, receive as EventListener);
      opened.addEventListener("message", receive as EventListener);
      opened.onopen = () => {
        stopPolling();
        setState("live");
      };
      opened.onerror = () => {
        startPolling();
        // The browser connects again by itself, unless the server refused: then it is asked once more, later.
        if (opened.readyState === EventSource.CLOSED) again = window.setTimeout(connect, AGAIN_MS);
      };
    };
    // At once: what happens between the first answers and the stream is told by nobody.
    connect();
    return () => {
      source?.close();
      stopPolling();
      window.clearTimeout(gather);
      window.clearTimeout(again);
    };
  }, [client, organizationId]);

  const value = useMemo<Live>(
    () => ({
      state,
      listen: (listener) => {
        listeners.current.add(listener);
        return () => listeners.current.delete(listener);
      },
    }),
    [state],
  );
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

export const useLiveState = () => useContext(Context).state;

/** Calls for every event that comes while the component stands. */
export function useEvents(listener: (event: PorticoEvent) => void) {
  const { listen } = useContext(Context);
  const latest = useRef(listener);
  latest.current = listener;
  useEffect(() => listen((event) => latest.current(event)), [listen]);
}
