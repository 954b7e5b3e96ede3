import { applyAccent } from "@portico/ui";
import { createContext, type ReactNode, useCallback, useContext, useEffect, useRef, useState } from "react";
import type { Branding, Instance, SessionAndUser } from "./api";
import { firstInstance, firstSession, thereInstance, thereSession } from "./early";
import { useAddress } from "./router";

/** What is loaded, or why it is not. */
export interface Loaded<Data> {
  data: Data | undefined;
  error: unknown;
  loading: boolean;
  reload: () => Promise<void>;
  set: (data: Data) => void;
}

/** Loads when `key` changes. The data of before stays until the new is there; so does what is `there` already at first. */
export function useLoad<Data>(
  load: (() => Promise<Data>) | null,
  key: string,
  there?: () => Data | undefined,
): Loaded<Data> {
  const [state, setState] = useState<{ data?: Data; error?: unknown; loading: boolean }>(() => {
    const data = there?.();
    return data === undefined ? { loading: load !== null } : { data, loading: false };
  });
  const given = useRef(state.data !== undefined);
  const latest = useRef(load);
  latest.current = load;
  const round = useRef(0);
  const reload = useCallback(async () => {
    if (!latest.current) return;
    round.current += 1;
    const mine = round.current;
    setState((before) => (before.loading ? before : { ...before, loading: true }));
    try {
      const data = await latest.current();
      if (mine === round.current) setState({ data, loading: false });
    } catch (error) {
      if (mine === round.current) setState((before) => ({ ...before, error, loading: false }));
    }
  }, []);
  const active = load !== null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: The key says when to load anew.
  useEffect(() => {
    if (active && !given.current) void reload();
    given.current = false;
  }, [reload, key, active]);
  const set = useCallback((data: Data) => setState({ data, loading: false }), []);
  return { data: state.data, error: state.error, loading: state.loading, reload, set };
}

const unknownInstance: Instance = {
  name: "Portico",
  logo_url: null,
  accent_color: null,
  base_url: "",
  methods: {
    email_password: {
      enabled: true,
      sign_up_enabled: true,
      require_email_verification: false,
      min_length: 8,
      max_length: 128,
    },
  },
  organization: null,
};

interface InstanceValue {
  instance: Instance;
  /** Of the organization that was asked for, else of the instance. */
  brand: Branding;
  /** False until the server has said what it is; pages then hold back what depends on it. */
  known: boolean;
}

const InstanceContext = createContext<InstanceValue>({
  instance: unknownInstance,
  brand: unknownInstance,
  known: false,
});

export function InstanceProvider({ children }: { children: ReactNode }) {
  const organization = useAddress().params.get("organization");
  const loaded = useLoad(
    () => firstInstance(organization),
    organization ?? "",
    () => thereInstance(organization),
  );
  const instance = loaded.data ?? unknownInstance;
  const brand = instance.organization ?? instance;
  const accent = brand.accent_color ?? instance.accent_color;
  useEffect(() => applyAccent(accent), [accent]);
  const known = loaded.data !== undefined || loaded.error !== undefined;
  return <InstanceContext.Provider value={{ instance, brand, known }}>{children}</InstanceContext.Provider>;
}

export const useInstance = (): InstanceValue => useContext(InstanceContext);

const SessionContext = createContext<Loaded<SessionAndUser | null>>({
  data: undefined,
  error: undefined,
  loading: true,
  reload: async () => {},
  set: () => {},
});

export function SessionProvider({ children }: { children: ReactNode }) {
  const loaded = useLoad(firstSession, "", thereSession);
  return <SessionContext.Provider value={loaded}>{children}</SessionContext.Provider>;
}

/** Who is signed in: `data` is null for nobody and undefined until that is known. */
export const useSession = (): Loaded<SessionAndUser | null> => useContext(SessionContext);
