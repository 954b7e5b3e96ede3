import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Link2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { patch, post, remove } from "../../api/http";
import { directoryPath, directoryQuery, rolesQuery, useList } from "../../api/queries";
import type { Directory, DirectorySettings, SetupLink } from "../../api/types";
import { useChange, useOrg, useParam } from "../../components/hooks";
import {
  Badge,
  Button,
  Card,
  Confirm,
  CopyField,
  Dialog,
  Failure,
  Field,
  Input,
  Notice,
  Select,
  Spinner,
  Time,
  Toggle,
} from "../../components/kit";
import { List } from "../../components/table";
import { at, plural } from "../../lib/format";

export function DirectorySettingsPage() {
  const org = useOrg();
  const dir = useParam("dir");
  const { data } = useQuery(directoryQuery(org, dir));
  if (!data) return <Spinner />;
  return (
    <div className="pc-stack">
      <Running directory={data} />
      <Form key={data.id} directory={data} />
      <SetupLinks />
      <Disconnect directory={data} />
    </div>
  );
}

function Running({ directory }: { directory: Directory }) {
  const org = useOrg();
  const path = directoryPath(org, directory.id);
  const [asks, setAsks] = useState(false);
  const pause = useChange(() => post(`${path}/pause`), {
    stale: ["directories"],
    quiet: true,
    done: "The directory is paused",
  });
  const resume = useChange(() => post(`${path}/resume`), {
    stale: ["directories"],
    done: "The directory is active again",
  });
  if (directory.state === "tripped") return null;
  return (
    <Card
      title="Syncing"
      action={
        directory.state === "paused" ? (
          <Button kind="primary" busy={resume.isPending} onClick={() => resume.mutate(undefined)}>
            Resume
          </Button>
        ) : (
          <Button onClick={() => setAsks(true)}>Pause</Button>
        )
      }
    >
      <p className="pt-muted">
        {directory.state === "paused"
          ? "Every request is answered with 503 and changes nothing."
          : "While a directory is paused the identity provider waits. Nobody loses or gains access by it."}
      </p>
      <Confirm
        open={asks}
        onClose={() => setAsks(false)}
        title="Pause the directory?"
        action="Pause"
        onConfirm={() => pause.mutateAsync(undefined)}
      >
        Every request is answered with 503 until you resume it. People whom you deactivate in the identity provider keep
        their access meanwhile. Okta gives up after ten attempts and then wants its failed tasks retried by hand.
      </Confirm>
    </Card>
  );
}

type Draft = Pick<
  DirectorySettings,
  | "default_role"
  | "link_policy"
  | "on_deletion"
  | "restore_roles_on_reactivation"
  | "restore_roles_after_delete"
  | "welcome_mail"
  | "keep_password"
  | "breaker"
> & { name: string; request_log_retention_days: string };

function draftOf({ name, settings }: Directory): Draft {
  const { default_role, link_policy, on_deletion, restore_roles_on_reactivation, restore_roles_after_delete } =
    settings;
  const { welcome_mail, keep_password, breaker, request_log_retention_days } = settings;
  return {
    name,
    default_role,
    link_policy,
    on_deletion,
    restore_roles_on_reactivation,
    restore_roles_after_delete,
    welcome_mail,
    keep_password,
    breaker,
    request_log_retention_days: String(request_log_retention_days),
  };
}

function Form({ directory }: { directory: Directory }) {
  const org = useOrg();
  const roles = useQuery(rolesQuery);
  const [draft, setDraft] = useState(() => draftOf(directory));
  const set = (change: Partial<Draft>) => setDraft({ ...draft, ...change });
  const changed = JSON.stringify(draft) !== JSON.stringify(draftOf(directory));
  const save = useChange(
    () => {
      const { name, request_log_retention_days, ...settings } = draft;
      return patch<Directory>(directoryPath(org, directory.id), {
        ...(name !== directory.name ? { name: name.trim() } : {}),
        settings: { ...settings, request_log_retention_days: Number(request_log_retention_days) },
      });
    },
    {
      stale: ["directories"],
      quiet: true,
      done: "The settings are saved",
      after: (result) => setDraft(draftOf(result)),
    },
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(undefined);
  };
  const choices = roles.data?.data.filter((role) => role.key !== "org:owner") ?? [];
  return (
    <form className="pc-stack" onSubmit={submit}>
      <Card title="People">
        <div className="pc-form">
          <Field label="Name of the directory" required>
            {(ids) => (
              <Input {...ids} value={draft.name} maxLength={256} onChange={(e) => set({ name: e.target.value })} />
            )}
          </Field>
          <Field
            label="Default role"
            hint="What everybody whom the directory makes a member is. Rules and mappings give more."
          >
            {(ids) => (
              <Select {...ids} value={draft.default_role} onChange={(e) => set({ default_role: e.target.value })}>
                {!choices.some((role) => role.key === draft.default_role) && <option>{draft.default_role}</option>}
                {choices.map((role) => (
                  <option key={role.key} value={role.key}>
                    {role.name}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <Field
            label="Somebody who has an account already"
            hint="Outside the domains that the organization holds. Inside them accounts are linked at once."
          >
            {(ids) => (
              <Select {...ids} value={draft.link_policy} onChange={(e) => set({ link_policy: e.target.value })}>
                <option value="invite">Is asked by mail, and linked when they accept</option>
                <option value="strict">Waits until somebody invites or adds them</option>
              </Select>
            )}
          </Field>
          <Toggle
            label="Welcome mail"
            hint="Mails new people a link by which they set a password. Leave it off where people sign in through the identity provider."
            checked={draft.welcome_mail}
            onChange={(welcome_mail) => set({ welcome_mail })}
          />
          <Toggle
            label="Keep passwords"
            hint="Keeps passwords that the identity provider sends (hashed), for people of the organization's own domains."
            checked={draft.keep_password}
            onChange={(keep_password) => set({ keep_password })}
          />
        </div>
      </Card>
      <Card title="When people leave">
        <div className="pc-form">
          <p className="pt-muted">
            Deactivating somebody in the identity provider suspends the membership and ends sessions before it is
            answered.
          </p>
          <Field label="Deleting somebody">
            {(ids) => (
              <Select {...ids} value={draft.on_deletion} onChange={(e) => set({ on_deletion: e.target.value })}>
                <option value="suspend">Suspends the membership</option>
                <option value="remove_membership">Removes the membership and all its roles, for good</option>
              </Select>
            )}
          </Field>
          <Toggle
            label="Give roles back on reactivation"
            hint="Roles given by hand return with the person."
            checked={draft.restore_roles_on_reactivation}
            onChange={(restore_roles_on_reactivation) => set({ restore_roles_on_reactivation })}
          />
          <Toggle
            label="Give roles back after a deletion"
            checked={draft.restore_roles_after_delete}
            onChange={(restore_roles_after_delete) => set({ restore_roles_after_delete })}
          />
        </div>
      </Card>
      <Card title="Circuit breaker">
        <div className="pc-form">
          <Toggle
            label="Hold back mass deactivations"
            hint="A filter changed by mistake in the identity provider deactivates everybody within minutes. The breaker refuses that until you decide. It needs 50 active people."
            checked={draft.breaker.enabled}
            onChange={(enabled) => set({ breaker: { ...draft.breaker, enabled } })}
          />
          {draft.breaker.enabled && (
            <div className="pc-form-row">
              <Amount
                label="More than so many people"
                value={draft.breaker.people}
                min={1}
                onChange={(people) => set({ breaker: { ...draft.breaker, people } })}
              />
              <Amount
                label="And more than percent"
                value={draft.breaker.percent}
                min={1}
                max={100}
                onChange={(percent) => set({ breaker: { ...draft.breaker, percent } })}
              />
              <Amount
                label="Within seconds"
                value={draft.breaker.window_seconds}
                min={1}
                onChange={(window_seconds) => set({ breaker: { ...draft.breaker, window_seconds } })}
              />
            </div>
          )}
        </div>
      </Card>
      <Card title="Request log">
        <div className="pc-form">
          <Field label="Keep requests for days" hint="1 to 365. What is older is deleted, with what it says of people.">
            {(ids) => (
              <Input
                {...ids}
                type="number"
                min={1}
                max={365}
                value={draft.request_log_retention_days}
                onChange={(e) => set({ request_log_retention_days: e.target.value })}
              />
            )}
          </Field>
        </div>
      </Card>
      <Failure error={save.error} />
      {changed && (
        <div className="pc-savebar">
          <span>There are changes that are not saved.</span>
          <div className="pt-row">
            <Button kind="ghost" onClick={() => setDraft(draftOf(directory))}>
              Discard
            </Button>
            <Button kind="primary" type="submit" busy={save.isPending} disabled={!draft.name.trim()}>
              Save
            </Button>
          </div>
        </div>
      )}
    </form>
  );
}

function Amount({
  label,
  value,
  min,
  max,
  onChange,
}: {
  label: string;
  value: number;
  min: number;
  max?: number;
  onChange: (value: number) => void;
}) {
  return (
    <Field label={label}>
      {(ids) => (
        <Input
          {...ids}
          type="number"
          required
          min={min}
          max={max}
          value={value}
          onChange={(e) => onChange(Number(e.target.value))}
        />
      )}
    </Field>
  );
}

const LIFETIMES = [
  { hours: 24, label: "A day" },
  { hours: 72, label: "Three days" },
  { hours: 168, label: "A week" },
  { hours: 720, label: "30 days" },
];

/** Links by which somebody of the customer sets up the directory without an account. */
function SetupLinks() {
  const org = useOrg();
  const dir = useParam("dir");
  const path = `${directoryPath(org, dir)}/setup-links`;
  const [search, setSearch] = useState<{ page?: number | undefined; size?: number | undefined }>({});
  const [hours, setHours] = useState("168");
  const [shown, setShown] = useState<SetupLink | null>(null);
  const [revoking, setRevoking] = useState<SetupLink | null>(null);
  const query = useList<SetupLink>(["directories", dir, "setup-links"], path, search);
  const create = useChange(() => post<SetupLink>(path, { expires_in_hours: Number(hours) }), {
    stale: ["directories"],
    quiet: true,
    after: setShown,
  });
  const revoke = useChange((id: string) => post(`${path}/${id}/revoke`), {
    stale: ["directories"],
    quiet: true,
    done: "The link is revoked",
  });
  return (
    <Card title="Setup links" id="setup-links">
      <p className="pt-muted">
        Send a link to whoever manages the identity provider. They set up this directory without an account. It works
        once, reaches nothing but this directory, and gives no role above admin.
      </p>
      <div className="pt-row">
        <Select
          aria-label="How long the link works"
          className="pc-narrow"
          value={hours}
          onChange={(e) => setHours(e.target.value)}
        >
          {LIFETIMES.map((one) => (
            <option key={one.hours} value={one.hours}>
              {one.label}
            </option>
          ))}
        </Select>
        <Button icon={<Link2 size={16} aria-hidden />} busy={create.isPending} onClick={() => create.mutate(undefined)}>
          Make a link
        </Button>
      </div>
      <Failure error={create.error} />
      <List
        label="Setup links"
        query={query}
        rowKey={(row) => row.id}
        search={search}
        onSearch={(change) => setSearch({ ...search, ...change })}
        empty={<p className="pt-muted">No link has been made.</p>}
        columns={[
          { head: "Made", grow: true, cell: (row) => <Time ms={row.created_at} /> },
          { head: "State", cell: (row) => <LinkState link={row} /> },
          { head: "Expires", cell: (row) => <Time ms={row.expires_at} /> },
          { head: "Used", cell: (row) => <Time ms={row.used_at} empty="Not yet" /> },
          {
            head: "_Actions",
            end: true,
            cell: (row) =>
              !row.revoked_at &&
              !row.used_at &&
              row.expires_at > Date.now() && (
                <Button small onClick={() => setRevoking(row)}>
                  Revoke
                </Button>
              ),
          },
        ]}
      />
      <Dialog
        open={shown !== null}
        onClose={() => setShown(null)}
        title="Setup link"
        footer={
          <Button kind="primary" onClick={() => setShown(null)}>
            I have copied it
          </Button>
        }
      >
        {shown?.url && <CopyField label="Link" value={shown.url} secret />}
        <Notice tone="warning" title="Whoever has the link can set up this directory">
          Send it to one person, over a way that you trust. It works once
          {shown ? `, until ${at(shown.expires_at)}` : ""}.
        </Notice>
      </Dialog>
      <Confirm
        open={revoking !== null}
        onClose={() => setRevoking(null)}
        title="Revoke the link?"
        action="Revoke"
        onConfirm={() => revoke.mutateAsync(revoking?.id ?? "")}
      >
        Whoever opens it is told that it is no longer good.
      </Confirm>
    </Card>
  );
}

function LinkState({ link }: { link: SetupLink }) {
  if (link.revoked_at) return <Badge>Revoked</Badge>;
  if (link.used_at) return <Badge tone="success">Used</Badge>;
  if (link.expires_at < Date.now()) return <Badge tone="warning">Expired</Badge>;
  return <Badge tone="info">Open</Badge>;
}

function Disconnect({ directory }: { directory: Directory }) {
  const org = useOrg();
  const navigate = useNavigate();
  const [asks, setAsks] = useState(false);
  const disconnect = useChange(() => remove(directoryPath(org, directory.id)), {
    stale: ["directories", "members"],
    quiet: true,
    done: "The directory is being disconnected",
    after: () => void navigate({ to: "/o/$org/directories", params: { org } }),
  });
  return (
    <Card
      tone="danger"
      title="Disconnect"
      action={
        <Button kind="danger" onClick={() => setAsks(true)}>
          Disconnect
        </Button>
      }
    >
      <p className="pt-muted">Refuses its credentials at once and then suspends its people one by one.</p>
      <Confirm
        open={asks}
        onClose={() => setAsks(false)}
        title={`Disconnect “${directory.name}”?`}
        action="Disconnect"
        typed={directory.name}
        onConfirm={() => disconnect.mutateAsync(undefined)}
      >
        Its credentials are refused at once. Then the {plural(directory.counts.users, "person", "people")} whom it
        carries are suspended, and their sessions end, unless another directory of the organization carries them too.
        Each gets a receipt. It cannot be taken back.
      </Confirm>
    </Card>
  );
}
