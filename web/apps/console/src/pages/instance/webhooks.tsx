import { Link, useNavigate } from "@tanstack/react-router";
import { Plus, Webhook } from "lucide-react";
import { type ReactNode, useState } from "react";
import { patch, post } from "../../api/http";
import { EVENT_TYPES } from "../../api/live";
import { useNames } from "../../api/names";
import { INSTANCE, useList } from "../../api/queries";
import type { WebhookEndpoint } from "../../api/types";
import { useChange, useListState, useOrg } from "../../components/hooks";
import {
  Badge,
  Button,
  CopyField,
  Dialog,
  Empty,
  Field,
  FormDialog,
  Input,
  Notice,
  PageHead,
  Time,
  Toggle,
  Truncate,
} from "../../components/kit";
import { List } from "../../components/table";
import { plural } from "../../lib/format";

export function EndpointState({ endpoint }: { endpoint: WebhookEndpoint }) {
  if (!endpoint.enabled) return <Badge tone="warning">Off</Badge>;
  if (endpoint.failing_since) return <Badge tone="danger">Failing</Badge>;
  return <Badge tone="success">On</Badge>;
}

export function WebhooksPage() {
  const navigate = useNavigate();
  const org = useOrg();
  const owned = org === INSTANCE ? {} : { organization_id: org };
  const [search, setSearch] = useListState();
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<WebhookEndpoint | null>(null);
  const query = useList<WebhookEndpoint>(["webhooks", "endpoints", org], "/v1/webhooks/endpoints", search, owned);
  const names = useNames(
    org,
    (org === INSTANCE ? (query.data?.data ?? []) : []).map(({ organization_id: id }) => ({ id })),
  );
  const make = (
    <Button kind="primary" icon={<Plus size={16} aria-hidden />} onClick={() => setMaking(true)}>
      Add an endpoint
    </Button>
  );
  const close = () => {
    const id = made?.id;
    setMade(null);
    if (!id) return;
    if (org === INSTANCE) void navigate({ to: "/instance/webhooks/$endpointId", params: { endpointId: id } });
    else void navigate({ to: "/o/$org/webhooks/$endpointId", params: { org, endpointId: id } });
  };
  return (
    <div className="pc-page">
      <PageHead
        title="Webhooks"
        text={
          org === INSTANCE
            ? "Addresses that are told of events as they happen, with a signature."
            : "Addresses that are told of this organization's events as they happen, with a signature."
        }
      >
        {(query.data?.total_count ?? 0) > 0 && make}
      </PageHead>
      <List
        label="Endpoints"
        query={query}
        rowKey={(row) => row.id}
        search={search}
        onSearch={setSearch}
        empty={
          <Empty icon={<Webhook size={32} aria-hidden />} title="Nobody is told of events yet" action={make}>
            Add the address of a program of yours. Each message is signed, and tried again for three days.
          </Empty>
        }
        columns={[
          {
            head: "Endpoint",
            grow: true,
            cell: (row) => (
              <div className="pc-two">
                <EndpointLink id={row.id}>
                  <Truncate text={row.url} />
                </EndpointLink>
                {org === INSTANCE && (
                  <span className="pt-small pt-muted">
                    {row.organization_id
                      ? `of ${names(row.organization_id)?.name ?? row.organization_id}`
                      : "of the whole instance"}
                  </span>
                )}
              </div>
            ),
          },
          { head: "State", cell: (row) => <EndpointState endpoint={row} /> },
          {
            head: "Events",
            cell: (row) =>
              row.enabled_event_types.length === 0 ? "All" : plural(row.enabled_event_types.length, "type"),
          },
          { head: "Made", cell: (row) => <Time ms={row.created_at} /> },
        ]}
      />
      {making && (
        <EditEndpoint
          endpoint={null}
          onClose={() => setMaking(false)}
          onSaved={(endpoint) => {
            setMaking(false);
            setMade(endpoint);
          }}
        />
      )}
      <SigningSecret endpoint={made} onClose={close} />
    </div>
  );
}

function EndpointLink({ id, children }: { id: string; children: ReactNode }) {
  const org = useOrg();
  return org === INSTANCE ? (
    <Link to="/instance/webhooks/$endpointId" params={{ endpointId: id }} className="pc-strong-link">
      {children}
    </Link>
  ) : (
    <Link to="/o/$org/webhooks/$endpointId" params={{ org, endpointId: id }} className="pc-strong-link">
      {children}
    </Link>
  );
}

export function SigningSecret({ endpoint, onClose }: { endpoint: WebhookEndpoint | null; onClose: () => void }) {
  return (
    <Dialog
      open={endpoint !== null}
      onClose={onClose}
      title="Signing secret"
      footer={
        <Button kind="primary" onClick={onClose}>
          I have copied it
        </Button>
      }
    >
      {endpoint?.signing_secret && <CopyField label="Signing secret" value={endpoint.signing_secret} secret />}
      <Notice tone="warning" title="Copy it now">
        Your program checks with it that a message is from here (Standard Webhooks). It cannot be shown again.
      </Notice>
    </Dialog>
  );
}

export function EditEndpoint({
  endpoint,
  onClose,
  onSaved,
}: {
  endpoint: WebhookEndpoint | null;
  onClose: () => void;
  onSaved: (endpoint: WebhookEndpoint) => void;
}) {
  const org = useOrg();
  const [url, setUrl] = useState(endpoint?.url ?? "https://");
  const [all, setAll] = useState((endpoint?.enabled_event_types.length ?? 0) === 0);
  const [chosen, setChosen] = useState<string[]>(endpoint?.enabled_event_types ?? []);
  const save = useChange(
    () => {
      const body = { url: url.trim(), enabled_event_types: all ? [] : chosen };
      return endpoint
        ? patch<WebhookEndpoint>(`/v1/webhooks/endpoints/${endpoint.id}`, body)
        : post<WebhookEndpoint>("/v1/webhooks/endpoints", {
            ...(all ? { url: body.url } : body),
            ...(org === INSTANCE ? {} : { organization_id: org }),
          });
    },
    {
      stale: ["webhooks"],
      quiet: true,
      done: endpoint ? "The endpoint is saved" : "The endpoint was added",
      after: onSaved,
    },
  );
  const types = [...new Set([...EVENT_TYPES, ...chosen])];
  return (
    <FormDialog
      wide
      title={endpoint ? "Change the endpoint" : "Add an endpoint"}
      action={endpoint ? "Save" : "Add"}
      ready={url.length >= 10 && (all || chosen.length > 0)}
      change={save}
      onClose={onClose}
    >
      <Field
        label="Address"
        hint="A public address, with https. Private networks are refused unless the operator allows them."
      >
        {(ids) => <Input {...ids} type="url" required value={url} onChange={(e) => setUrl(e.target.value)} />}
      </Field>
      <Toggle label="All events" hint="Types that are added later as well." checked={all} onChange={setAll} />
      {!all && (
        <fieldset className="pc-permissions">
          <legend className="pc-label">Types</legend>
          {types.map((type) => (
            <label key={type} className="pc-check">
              <input
                type="checkbox"
                checked={chosen.includes(type)}
                onChange={(e) => setChosen(e.target.checked ? [...chosen, type] : chosen.filter((one) => one !== type))}
              />
              <code>{type}</code>
            </label>
          ))}
        </fieldset>
      )}
    </FormDialog>
  );
}
