import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Send } from "lucide-react";
import { useState } from "react";
import { get, patch, post, remove } from "../../api/http";
import { useNames } from "../../api/names";
import { INSTANCE, useList } from "../../api/queries";
import type { EventPage, WebhookDelivery, WebhookEndpoint } from "../../api/types";
import { useChange, useListState, useOrg, useParam } from "../../components/hooks";
import {
  Badge,
  Button,
  Card,
  Code,
  Confirm,
  Dialog,
  Facts,
  Failure,
  Field,
  Input,
  Notice,
  PageHead,
  Select,
  Spinner,
  Time,
  Truncate,
} from "../../components/kit";
import { Mentioned } from "../../components/named";
import { List } from "../../components/table";
import { at, json, plural, words } from "../../lib/format";
import { EditEndpoint, EndpointState, SigningSecret } from "./webhooks";

const TONES = { pending: "info", succeeded: "success", failed: "warning", dead: "danger" } as const;
const STATES = ["pending", "succeeded", "failed", "dead"];

type Asks = "rotate" | "disable" | "delete" | "replay" | null;

export function WebhookPage() {
  const endpointId = useParam("endpointId");
  const path = `/v1/webhooks/endpoints/${endpointId}`;
  const navigate = useNavigate();
  const org = useOrg();
  const [asks, setAsks] = useState<Asks>(null);
  const [editing, setEditing] = useState(false);
  const [rotated, setRotated] = useState<WebhookEndpoint | null>(null);
  const [since, setSince] = useState("");
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ["webhooks", "endpoint", endpointId],
    queryFn: ({ signal }) => get<WebhookEndpoint>(path, undefined, signal),
  });
  const stale = ["webhooks"];
  const test = useChange(() => post(`${path}/test`), { stale, done: "A test event is on its way" });
  const enable = useChange((enabled: boolean) => patch(path, { enabled }), { stale, quiet: true, done: "Saved" });
  const rotate = useChange(() => post<WebhookEndpoint>(`${path}/rotate-secret`, {}), {
    stale,
    quiet: true,
    after: setRotated,
  });
  const take = useChange(() => remove(path), {
    stale,
    quiet: true,
    done: "The endpoint was deleted",
    after: () =>
      void (org === INSTANCE
        ? navigate({ to: "/instance/webhooks" })
        : navigate({ to: "/o/$org/webhooks", params: { org } })),
  });
  const replay = useChange(() => post<{ events: number }>(`${path}/replay`, { since: new Date(since).toISOString() }), {
    stale,
    quiet: true,
    done: (result) => `${plural(result.events, "event is", "events are")} sent again`,
  });
  if (isPending) return <Spinner label="Loading the endpoint" />;
  if (!data) return <Failure error={error} retry={() => void refetch()} />;
  return (
    <div className="pc-page">
      <PageHead
        eyebrow={
          org === INSTANCE ? (
            <Link to="/instance/webhooks">Webhooks</Link>
          ) : (
            <Link to="/o/$org/webhooks" params={{ org }}>
              Webhooks
            </Link>
          )
        }
        title={<span className="pt-wrap">{data.url}</span>}
        text={<EndpointState endpoint={data} />}
      >
        <Button icon={<Send size={16} aria-hidden />} busy={test.isPending} onClick={() => test.mutate(undefined)}>
          Send a test
        </Button>
        <Button onClick={() => setEditing(true)}>Change</Button>
        {data.enabled ? (
          <Button onClick={() => setAsks("disable")}>Switch off</Button>
        ) : (
          <Button kind="primary" busy={enable.isPending} onClick={() => enable.mutate(true)}>
            Switch on
          </Button>
        )}
      </PageHead>
      {!data.enabled && data.disabled_reason && (
        <Notice tone="warning" title={`Switched off: ${words(data.disabled_reason).toLowerCase()}`}>
          Switched on again it goes on where it stopped, as far as events are kept.
        </Notice>
      )}
      {data.enabled && data.failing_since && (
        <Notice tone="danger" title="The endpoint has accepted nothing for a while">
          Failing since {at(data.failing_since)}. After three days it is switched off.
        </Notice>
      )}
      <div className="pc-grid">
        <Card title="Events">
          {data.enabled_event_types.length === 0 ? (
            <p>All events{data.organization_id ? " of one organization" : ""}.</p>
          ) : (
            <div className="pc-badges">
              {data.enabled_event_types.map((type) => (
                <Badge key={type}>{type}</Badge>
              ))}
            </div>
          )}
        </Card>
        <Card
          title="Signing secret"
          action={
            <Button small onClick={() => setAsks("rotate")}>
              Rotate
            </Button>
          }
        >
          <Facts
            items={[
              ["Begins with", <code key="p">{data.signing_secret_prefix}…</code>],
              data.rotation_window_expires_at ? ["Old one signs until", at(data.rotation_window_expires_at)] : null,
            ]}
          />
        </Card>
      </div>
      <Deliveries
        endpointId={endpointId}
        action={
          <Button small onClick={() => setAsks("replay")}>
            Send again since…
          </Button>
        }
      />
      <Card
        tone="danger"
        title="Delete the endpoint"
        action={
          <Button kind="danger" onClick={() => setAsks("delete")}>
            Delete
          </Button>
        }
      >
        <p className="pt-muted">What is under way to it is given up, and its deliveries are forgotten.</p>
      </Card>
      {editing && <EditEndpoint endpoint={data} onClose={() => setEditing(false)} onSaved={() => setEditing(false)} />}
      <SigningSecret endpoint={rotated} onClose={() => setRotated(null)} />
      <Confirm
        open={asks === "rotate"}
        onClose={() => setAsks(null)}
        title="Rotate the signing secret?"
        action="Rotate"
        danger={false}
        onConfirm={() => rotate.mutateAsync(undefined)}
      >
        A new secret is shown once. For a day every message carries a signature by each, so that your program can change
        over.
      </Confirm>
      <Confirm
        open={asks === "disable"}
        onClose={() => setAsks(null)}
        title="Switch the endpoint off?"
        action="Switch off"
        onConfirm={() => enable.mutateAsync(false)}
      >
        Nothing is sent to it meanwhile. Switched on again it goes on where it stopped, as far as events are kept.
      </Confirm>
      <Confirm
        open={asks === "delete"}
        onClose={() => setAsks(null)}
        title="Delete the endpoint?"
        action="Delete"
        onConfirm={() => take.mutateAsync(undefined)}
      >
        {data.url} is told of nothing any more. It cannot be taken back.
      </Confirm>
      <Confirm
        open={asks === "replay"}
        onClose={() => setAsks(null)}
        title="Send everything again since when?"
        action="Send again"
        danger={false}
        onConfirm={() => replay.mutateAsync(undefined)}
      >
        <div className="pc-stack">
          <p>Messages keep their ids, so that a program that remembers them does nothing twice.</p>
          <Field label="Since">
            {(ids) => (
              <Input {...ids} type="datetime-local" required value={since} onChange={(e) => setSince(e.target.value)} />
            )}
          </Field>
        </div>
      </Confirm>
    </div>
  );
}

function Deliveries({ endpointId, action }: { endpointId: string; action: React.ReactNode }) {
  const [search, setSearch] = useListState();
  const [open, setOpen] = useState<string | null>(null);
  const query = useList<WebhookDelivery>(
    ["webhooks", "deliveries", endpointId],
    "/v1/webhooks/deliveries",
    search,
    { endpoint_id: endpointId, state: search.state },
    { refetchInterval: 5_000 },
  );
  const org = useOrg();
  const names = useNames(
    org,
    (query.data?.data ?? []).map(({ subject }) => ({ id: subject })),
  );
  return (
    <Card title="Deliveries" action={action}>
      <List
        label="Deliveries"
        query={query}
        rowKey={(row) => row.id}
        search={search}
        onSearch={setSearch}
        toolbar={
          <Select
            aria-label="State"
            value={String(search.state ?? "")}
            onChange={(e) => setSearch({ state: e.target.value })}
          >
            <option value="">Any state</option>
            {STATES.map((state) => (
              <option key={state} value={state}>
                {words(state)}
              </option>
            ))}
          </Select>
        }
        empty={<p className="pt-muted">Nothing has been sent yet. Send a test to see one.</p>}
        columns={[
          {
            head: "Event",
            grow: true,
            cell: (row) => (
              <button type="button" className="pc-link-button pc-plain" onClick={() => setOpen(row.id)}>
                <Truncate text={row.event_type} mono />
              </button>
            ),
          },
          { head: "About", cell: (row) => <Mentioned what={row.subject} named={names(row.subject)} /> },
          {
            head: "State",
            cell: (row) => <Badge tone={TONES[row.state as keyof typeof TONES] ?? "neutral"}>{words(row.state)}</Badge>,
          },
          { head: "Answer", cell: (row) => row.response_status ?? row.error ?? "–" },
          { head: "Attempts", end: true, cell: (row) => row.attempt },
          { head: "When", cell: (row) => <Time ms={row.attempted_at ?? row.created_at} /> },
        ]}
      />
      {open && <Delivery id={open} onClose={() => setOpen(null)} />}
    </Card>
  );
}

function Delivery({ id, onClose }: { id: string; onClose: () => void }) {
  const { data, error } = useQuery({
    queryKey: ["webhooks", "delivery", id],
    queryFn: ({ signal }) => get<WebhookDelivery>(`/v1/webhooks/deliveries/${id}`, undefined, signal),
  });
  const org = useOrg();
  // The event that it told of, which is the first after the one before it: kept for a while longer than this is.
  const told = useQuery({
    queryKey: ["webhooks", "event", org, data?.event_sequence],
    queryFn: async ({ signal }) => {
      const filters = {
        after: (data?.event_sequence ?? 1) - 1,
        limit: 1,
        ...(org === INSTANCE ? {} : { organization_id: org }),
      };
      const [event] = (await get<EventPage>("/v1/events", filters, signal)).data;
      return event?.id === data?.event_id ? event : null;
    },
    enabled: data !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const names = useNames(org, [
    { id: data?.subject, facts: told.data?.data, organization: told.data?.organization_id },
  ]);
  const replay = useChange(() => post(`/v1/webhooks/deliveries/${id}/replay`), {
    stale: ["webhooks"],
    quiet: true,
    done: "The message is sent again",
    after: onClose,
  });
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={data?.event_type ?? "Delivery"}
      footer={
        <Button kind="primary" busy={replay.isPending} disabled={!data} onClick={() => replay.mutate(undefined)}>
          Send again
        </Button>
      }
    >
      <Failure error={error ?? replay.error} />
      {data && (
        <>
          <Facts
            items={[
              [
                "State",
                <Badge key="s" tone={TONES[data.state as keyof typeof TONES] ?? "neutral"}>
                  {words(data.state)}
                </Badge>,
              ],
              ["Event", <code key="e">{data.event_id}</code>],
              ["About", <Mentioned key="a" what={data.subject} named={names(data.subject)} whole />],
              ["Attempts", String(data.attempt)],
              data.attempted_at ? ["Last attempt", at(data.attempted_at)] : null,
              data.next_retry_at ? ["Next attempt", at(data.next_retry_at)] : null,
              data.duration_ms !== null && data.duration_ms !== undefined ? ["Took", `${data.duration_ms} ms`] : null,
              ["Answer", data.response_status ? String(data.response_status) : "None"],
              data.error ? ["Error", data.error] : null,
            ]}
          />
          {told.data && <Code label="What it told of">{json(told.data.data)}</Code>}
          {data.response_body && <Code label="Its answer">{data.response_body}</Code>}
        </>
      )}
    </Dialog>
  );
}
