/** What can be set of a directory, saved together. */
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { patch } from "../../../api/http";
import { directoryPath, rolesQuery } from "../../../api/queries";
import type { Directory, DirectorySettings } from "../../../api/types";
import { useChange, useOrg } from "../../../components/hooks";
import { Button, Card, Failure, Field, Input, Select, Toggle } from "../../../components/kit";

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

export function Form({ directory }: { directory: Directory }) {
  const org = useOrg();
  const roles = useQuery(rolesQuery(org));
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
