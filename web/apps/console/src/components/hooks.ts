/** What pages share: where they are, what their URL says, and changes that say what became of them. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { meQuery } from "../api/queries";
import { changed, type ListSearch } from "../lib/search";
import { useToast } from "./toast";

type State = ListSearch & Record<string, string | number | undefined>;

/** The state of a list in the URL, and how it is changed. The route has checked it. */
export function useListState(): [State, (change: Partial<State>) => void] {
  const search = useSearch({ strict: false }) as State;
  const navigate = useNavigate();
  return [
    search,
    (change) =>
      void navigate({
        to: ".",
        search: ((before: State) => changed(before, change)) as never,
        replace: !("page" in change),
      }),
  ];
}

/** The organization of the page, or `instance`. */
export function useOrg(): string {
  return (useParams({ strict: false }) as { org?: string }).org ?? "instance";
}

export function useParam(name: "dir" | "personId" | "requestId" | "userId" | "endpointId" | "teamId"): string {
  return (useParams({ strict: false }) as Record<string, string | undefined>)[name] ?? "";
}

export function useMe() {
  return useQuery(meQuery).data;
}

/** Whether the person may do something in the organization. Instance administrators may do everything. */
export function useMay(): (permission: string) => boolean {
  const me = useMe();
  const org = useOrg();
  if (!me) return () => false;
  if (me.instance_admin) return () => true;
  const membership = me.memberships.find((one) => one.organization.id === org && one.status === "active");
  return (permission) => membership?.permissions.includes(permission) ?? false;
}

/** A change: what it makes stale is asked for again, and what became of it is said. */
export function useChange<V, R>(
  run: (input: V) => Promise<R>,
  options: {
    done?: string | ((result: R) => string);
    stale?: string[];
    after?: (result: R) => void;
    quiet?: boolean;
  } = {},
) {
  const client = useQueryClient();
  const toast = useToast();
  return useMutation({
    mutationFn: run,
    onSuccess: (result: R) => {
      for (const key of options.stale ?? []) void client.invalidateQueries({ queryKey: [key] });
      const { done } = options;
      if (done) toast.done(typeof done === "string" ? done : done(result));
      options.after?.(result);
    },
    onError: (error) => {
      if (!options.quiet) toast.failed(error);
    },
  });
}
