import { Link } from "@tanstack/react-router";
import { KeyRound, MoreHorizontal, Plus } from "lucide-react";
import { useState } from "react";
import { post } from "../../api/http";
import { directoryPath, useList } from "../../api/queries";
import type { Credential } from "../../api/types";
import { useChange, useListState, useOrg, useParam } from "../../components/hooks";
import {
  Badge,
  Button,
  Confirm,
  CopyField,
  Dialog,
  Empty,
  Field,
  FormDialog,
  Input,
  Menu,
  Notice,
  Select,
  Textarea,
  Time,
  Truncate,
} from "../../components/kit";
import { List } from "../../components/table";
import { ago, at } from "../../lib/format";
import { CREDENTIAL_NAMES } from "../../lib/providers";

type Asks = { what: "revoke" | "rotate" | "complete" | "cancel"; of: Credential } | null;

export function CredentialsPage() {
  const org = useOrg();
  const dir = useParam("dir");
  const path = `${directoryPath(org, dir)}/credentials`;
  const [search, setSearch] = useListState();
  const [making, setMaking] = useState(false);
  const [shown, setShown] = useState<Credential | null>(null);
  const [asks, setAsks] = useState<Asks>(null);
  const query = useList<Credential>(["directories", dir, "credentials"], path, search);
  const options = { stale: ["directories"], quiet: true };
  const act = useChange(
    async ({ what, of }: NonNullable<Asks>) => {
      if (what === "revoke") return post(`${path}/${of.id}/revoke`);
      const answer = await post<Credential>(`${path}/${of.id}/rotate${what === "rotate" ? "" : `/${what}`}`);
      if (what === "rotate") setShown(answer);
      return answer;
    },
    { ...options, done: "The credential was changed" },
  );
  const confirm = () => (asks ? act.mutateAsync(asks) : Promise.resolve());
  const make = (
    <Button kind="primary" icon={<Plus size={16} aria-hidden />} onClick={() => setMaking(true)}>
      Make a credential
    </Button>
  );
  return (
    <div className="pc-stack">
      <div className="pt-row pt-row-between">
        <p className="pt-muted">
          What the identity provider authenticates with. Rotate without an interruption: both secrets hold until you
          complete it.
        </p>
        {(query.data?.total_count ?? 0) > 0 && make}
      </div>
      <List
        label="Credentials"
        query={query}
        rowKey={(row) => row.id}
        search={search}
        onSearch={setSearch}
        empty={
          <Empty icon={<KeyRound size={32} aria-hidden />} title="No credential yet" action={make}>
            Without one the identity provider cannot authenticate.
          </Empty>
        }
        columns={[
          {
            head: "Credential",
            grow: true,
            cell: (row) => (
              <div className="pc-two">
                <strong>
                  <Truncate text={row.name} />
                </strong>
                <span className="pt-small pt-muted">
                  {CREDENTIAL_NAMES[row.type as keyof typeof CREDENTIAL_NAMES] ?? row.type},{" "}
                  <code>{row.client_id ?? `${row.prefix}…`}</code>
                </span>
              </div>
            ),
          },
          { head: "State", cell: (row) => <State credential={row} /> },
          { head: "Expires", cell: (row) => <Time ms={row.expires_at} empty="Never" /> },
          {
            head: "Last used",
            cell: (row) => (
              <span title={[row.last_used_ip, row.last_used_user_agent].filter(Boolean).join(", ")}>
                <Time ms={row.last_used_at} />
              </span>
            ),
          },
          {
            head: "_Actions",
            end: true,
            cell: (row) => (
              <div className="pt-row pc-end-row">
                {row.rotation && !row.revoked_at && (
                  <Button small onClick={() => setAsks({ what: "complete", of: row })}>
                    Complete rotation
                  </Button>
                )}
                <Link
                  to="/o/$org/directories/$dir/requests"
                  params={{ org, dir }}
                  search={{ credential: row.id }}
                  className="pc-button pc-button-ghost pc-button-small pc-wide"
                >
                  Requests
                </Link>
                <Menu
                  label={`Actions for ${row.name}`}
                  trigger={<MoreHorizontal size={16} aria-hidden />}
                  items={[
                    !row.revoked_at &&
                      !row.rotation && { label: "Rotate", onSelect: () => setAsks({ what: "rotate", of: row }) },
                    !row.revoked_at && row.rotation
                      ? { label: "Cancel the rotation", onSelect: () => setAsks({ what: "cancel", of: row }) }
                      : null,
                    !row.revoked_at && {
                      label: "Revoke",
                      danger: true,
                      onSelect: () => setAsks({ what: "revoke", of: row }),
                    },
                  ]}
                />
              </div>
            ),
          },
        ]}
      />
      {making && (
        <Make
          path={path}
          onClose={() => setMaking(false)}
          onMade={(credential) => {
            setMaking(false);
            setShown(credential);
          }}
        />
      )}
      <Shown credential={shown} onClose={() => setShown(null)} />
      <Confirm
        open={asks?.what === "rotate"}
        onClose={() => setAsks(null)}
        title={`Rotate “${asks?.of.name}”?`}
        action="Rotate"
        danger={false}
        onConfirm={confirm}
      >
        A new secret is shown once. The present one goes on being accepted until you complete the rotation, so nothing
        is interrupted.
      </Confirm>
      <Confirm
        open={asks?.what === "complete"}
        onClose={() => setAsks(null)}
        title={`Complete the rotation of “${asks?.of.name}”?`}
        action="Complete"
        onConfirm={confirm}
      >
        The old secret is refused from now on. Make sure that the identity provider already uses the new one
        {asks?.of.rotation ? ` (it was made ${ago(asks.of.rotation.started_at)})` : ""}.
      </Confirm>
      <Confirm
        open={asks?.what === "cancel"}
        onClose={() => setAsks(null)}
        title={`Cancel the rotation of “${asks?.of.name}”?`}
        action="Cancel the rotation"
        onConfirm={confirm}
      >
        The new secret is refused from now on; the old one stays.
      </Confirm>
      <Confirm
        open={asks?.what === "revoke"}
        onClose={() => setAsks(null)}
        title={`Revoke “${asks?.of.name}”?`}
        action="Revoke"
        onConfirm={confirm}
      >
        The identity provider is refused at once, with 401, and stops syncing until it gets another credential. Nobody
        loses access by this. It cannot be taken back, and the credential stays in this list.
      </Confirm>
    </div>
  );
}

function State({ credential }: { credential: Credential }) {
  const now = Date.now();
  if (credential.revoked_at) return <Badge>Revoked</Badge>;
  if (credential.expires_at && credential.expires_at < now) return <Badge tone="danger">Expired</Badge>;
  if (credential.rotation) return <Badge tone="info">Rotating</Badge>;
  if (credential.expires_at && credential.expires_at - now < 14 * 86_400_000)
    return <Badge tone="warning">Expires soon</Badge>;
  return <Badge tone="success">Valid</Badge>;
}

function Make({
  path,
  onClose,
  onMade,
}: {
  path: string;
  onClose: () => void;
  onMade: (credential: Credential) => void;
}) {
  const [name, setName] = useState("");
  const [type, setType] = useState<keyof typeof CREDENTIAL_NAMES>("bearer");
  const [days, setDays] = useState("");
  const [uris, setUris] = useState("");
  const create = useChange(
    () =>
      post<Credential>(path, {
        name: name.trim(),
        type,
        ...(days ? { expires_at: Date.now() + Number(days) * 86_400_000 } : {}),
        ...(type === "oauth2" && uris.trim() ? { redirect_uris: uris.split(/\s+/).filter(Boolean) } : {}),
      }),
    { stale: ["directories"], quiet: true, after: onMade },
  );
  return (
    <FormDialog title="Make a credential" action="Make it" ready={name.trim() !== ""} change={create} onClose={onClose}>
      <Field label="Name" required>
        {(ids) => (
          <Input
            {...ids}
            value={name}
            maxLength={100}
            placeholder="Okta production"
            onChange={(e) => setName(e.target.value)}
          />
        )}
      </Field>
      <Field label="Type" hint="Use what the identity provider offers; a bearer token is the simplest.">
        {(ids) => (
          <Select {...ids} value={type} onChange={(e) => setType(e.target.value as keyof typeof CREDENTIAL_NAMES)}>
            {Object.entries(CREDENTIAL_NAMES).map(([key, label]) => (
              <option key={key} value={key}>
                {label}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {type === "oauth2" && (
        <Field
          label="Redirect URIs"
          hint="One a line. Only for providers that use the authorization code grant, like Okta."
        >
          {(ids) => <Textarea {...ids} rows={2} value={uris} onChange={(e) => setUris(e.target.value)} />}
        </Field>
      )}
      <Field label="Expires" hint="Admins are told before it does.">
        {(ids) => (
          <Select {...ids} value={days} onChange={(e) => setDays(e.target.value)}>
            <option value="">Never</option>
            <option value="30">In 30 days</option>
            <option value="90">In 90 days</option>
            <option value="180">In 180 days</option>
            <option value="365">In a year</option>
          </Select>
        )}
      </Field>
    </FormDialog>
  );
}

function Shown({ credential, onClose }: { credential: Credential | null; onClose: () => void }) {
  return (
    <Dialog
      open={credential !== null}
      onClose={onClose}
      title={credential?.name ?? ""}
      footer={
        <Button kind="primary" onClick={onClose}>
          I have copied it
        </Button>
      }
    >
      {credential?.token && <CopyField label="Bearer token" value={credential.token} secret />}
      {credential?.client_id && (
        <CopyField label={credential.type === "basic" ? "User name" : "Client ID"} value={credential.client_id} />
      )}
      {credential?.client_secret && (
        <CopyField
          label={credential.type === "basic" ? "Password" : "Client secret"}
          value={credential.client_secret}
          secret
        />
      )}
      {credential?.token_url && <CopyField label="Access token endpoint" value={credential.token_url} />}
      {credential?.authorization_url && (
        <CopyField label="Authorization endpoint" value={credential.authorization_url} />
      )}
      <Notice tone="warning" title="Copy it now">
        It is kept only as a hash and cannot be shown again.
        {credential?.expires_at ? ` It expires ${at(credential.expires_at)}.` : ""}
      </Notice>
    </Dialog>
  );
}
