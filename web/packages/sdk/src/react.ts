import {
  createContext,
  createElement,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useState,
} from "react";
import type { Portico } from "./client.js";
import type { EventStreamOptions, PorticoEvent } from "./events.js";
import * as session from "./session.js";
import type { Organization, SessionAndUser } from "./shapes.js";

/** Something that is loaded: what it is, whether it is being loaded, and what went wrong. */
export interface Loaded<T> {
  data: T | null;
  isPending: boolean;
  error: unknown;
  /** Loads it again. */
  refresh: () => Promise<void>;
}

interface PorticoContextValue {
  portico: Portico;
  session: Loaded<SessionAndUser>;
}

const PorticoContext = createContext<PorticoContextValue | null>(null);

/** Gives a client and the session to the components below. */
export function PorticoProvider({ portico, children }: { portico: Portico; children?: ReactNode }) {
  const loaded = useLoaded<SessionAndUser>(
    useCallback(() => session.getSession(portico), [portico]),
    true,
  );
  const value = useMemo(() => ({ portico, session: loaded }), [portico, loaded]);
  return createElement(PorticoContext.Provider, { value }, children);
}

function usePorticoContext(): PorticoContextValue {
  const value = useContext(PorticoContext);
  if (!value) throw new Error("There is no PorticoProvider above this component");
  return value;
}

/** The client. */
export function usePortico(): Portico {
  return usePorticoContext().portico;
}

/** The session, its user, and how to open and end one. */
export function useSession() {
  const { portico, session: loaded } = usePorticoContext();
  const { refresh } = loaded;
  return useMemo(
    () => ({
      ...loaded,
      user: loaded.data?.user ?? null,
      signIn: async (options: session.SignInOptions) => {
        const answer = await session.signIn(portico, options);
        await refresh();
        return answer;
      },
      signOut: async () => {
        await session.signOut(portico);
        await refresh();
      },
    }),
    [portico, loaded, refresh],
  );
}

/** The organizations of the person who is signed in; empty for nobody. */
export function useOrganizations(): Loaded<Organization[]> {
  const { portico, session: loaded } = usePorticoContext();
  const user = loaded.data?.user.id;
  return useLoaded(
    useCallback(async () => (user ? session.listOrganizations(portico) : []), [portico, user]),
    !loaded.isPending,
  );
}

/** The organization in which the person works at present, and how to change it. */
export function useOrganization() {
  const { portico, session: loaded } = usePorticoContext();
  const organizations = useOrganizations();
  const active = loaded.data?.session.activeOrganizationId ?? null;
  const { refresh } = loaded;
  return useMemo(
    () => ({
      ...organizations,
      data: organizations.data?.find((organization) => organization.id === active) ?? null,
      setActive: async (organizationId: string | null) => {
        await session.setActiveOrganization(portico, organizationId);
        await refresh();
      },
    }),
    [portico, organizations, active, refresh],
  );
}

/** Calls `onEvent` for each event of the stream while the component is there. */
export function useEvents(
  options: Pick<EventStreamOptions, "organizationId" | "directoryId" | "types">,
  onEvent: (event: PorticoEvent) => void,
): void {
  const portico = usePortico();
  const { organizationId, directoryId } = options;
  const types = options.types?.join(",");
  useEffect(() => {
    const chosen: EventStreamOptions = {};
    if (organizationId) chosen.organizationId = organizationId;
    if (directoryId) chosen.directoryId = directoryId;
    if (types) chosen.types = types.split(",");
    const stream = portico.events(chosen);
    void (async () => {
      for await (const event of stream) onEvent(event);
    })().catch((error: unknown) => console.warn("portico: the event stream ended", error));
    return stream.close;
  }, [portico, organizationId, directoryId, types, onEvent]);
}

function useLoaded<T>(load: () => Promise<T | null>, ready: boolean): Loaded<T> {
  const [state, setState] = useState<{ data: T | null; isPending: boolean; error: unknown }>({
    data: null,
    isPending: true,
    error: null,
  });
  const refresh = useCallback(async () => {
    try {
      const data = await load();
      setState({ data, isPending: false, error: null });
    } catch (error) {
      setState({ data: null, isPending: false, error });
    }
  }, [load]);
  useEffect(() => {
    let present = true;
    if (ready) {
      load().then(
        (data) => present && setState({ data, isPending: false, error: null }),
        (error: unknown) => present && setState({ data: null, isPending: false, error }),
      );
    }
    return () => {
      present = false;
    };
  }, [load, ready]);
  return useMemo(() => ({ ...state, refresh }), [state, refresh]);
}
