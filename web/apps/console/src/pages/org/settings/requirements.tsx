/** What the organization wants shown in a session before its members act in it: a second factor, certain services. */
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { patch } from "../../../api/http";
import { instanceQuery } from "../../../api/queries";
import type { Organization } from "../../../api/types";
import { useChange, useMe } from "../../../components/hooks";
import { Button, Card, Confirm, Toggle } from "../../../components/kit";

/** Names as they stand in a sentence: "Acme ID or Google". */
const either = (names: readonly string[]): string =>
  names.length < 2 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;

const same = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((id) => other.includes(id));

export function Requirements({ organization }: { organization: Organization }) {
  const me = useMe();
  const methods = useQuery(instanceQuery).data?.methods;
  const { require_two_factor: factorBefore, require_sso: servicesBefore } = organization;
  const [factor, setFactor] = useState(factorBefore);
  const [services, setServices] = useState<readonly string[]>(servicesBefore);
  const [asks, setAsks] = useState(false);
  const save = useChange(
    () =>
      patch<Organization>(`/v1/organizations/${organization.id}`, {
        ...(factor !== factorBefore ? { require_two_factor: factor } : {}),
        ...(same(services, servicesBefore) ? {} : { require_sso: services }),
      }),
    { stale: ["organizations"], quiet: true, done: "The requirements are in force" },
  );
  const known = methods?.social ?? [];
  const nameOf = (id: string) => known.find((one) => one.id === id)?.name ?? id;
  // A service that is configured no longer stays visible, so that it can be taken out.
  const choices = [...new Set([...known.map(({ id }) => id), ...servicesBefore])];
  const factors = Boolean(methods?.two_factor?.enabled || methods?.passkey?.enabled || factorBefore);
  if (!factors && choices.length === 0) return null;

  const changed = factor !== factorBefore || !same(services, servicesBefore);
  const wantsFactor = factor && !factorBefore;
  const wantsServices = services.length > 0 && !same(services, servicesBefore);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setAsks(true);
  };
  return (
    <form onSubmit={submit}>
      <Card title="How members sign in">
        <div className="pc-form">
          {factors && (
            <Toggle
              label="Require a second factor"
              hint="Members act in the organization only in a session in which they have shown one. A passkey is two at once."
              checked={factor}
              onChange={setFactor}
            />
          )}
          {choices.length > 0 && (
            <fieldset className="pc-permissions">
              <legend className="pc-label">Require signing in through</legend>
              {choices.map((id) => (
                <label key={id} className="pc-check">
                  <input
                    type="checkbox"
                    checked={services.includes(id)}
                    onChange={(e) =>
                      setServices(e.target.checked ? [...services, id] : services.filter((s) => s !== id))
                    }
                  />
                  <span>
                    {nameOf(id)}
                    {!known.some((one) => one.id === id) && (
                      <span className="pt-small pt-muted pc-block">
                        Not configured here any more: nobody comes in by it.
                      </span>
                    )}
                  </span>
                </label>
              ))}
              <p className="pc-hint">
                {services.length === 0
                  ? "None: members sign in any way that the instance has."
                  : `Members act in the organization only in a session that they opened through ${either(services.map(nameOf))}. Choose services at which only your people have accounts.`}
              </p>
            </fieldset>
          )}
          <div className="pt-row">
            <Button kind="primary" type="submit" disabled={!changed}>
              Review the change
            </Button>
          </div>
        </div>
      </Card>
      <Confirm
        open={asks}
        onClose={() => setAsks(false)}
        title={wantsFactor || wantsServices ? "Require this of every member?" : "Require less of members?"}
        action={wantsFactor || wantsServices ? "Require it" : "Require less"}
        danger={wantsFactor || wantsServices}
        onConfirm={() => save.mutateAsync(undefined)}
      >
        <ul className="pc-list">
          {wantsFactor && (
            <li>
              Who has no second factor cannot do anything here until they have set one up in their account. Who has one
              shows it at the next sign-in.
            </li>
          )}
          {wantsServices && (
            <li>
              Who came in otherwise signs in again, through {either(services.map(nameOf))}. Linking an account there is
              not enough.
            </li>
          )}
          {(wantsFactor || wantsServices) && (
            <>
              <li>
                Sessions that are at work here and have not shown it go on without the organization at once. Everybody
                stays a member, and keeps their roles and their account.
              </li>
              <li>Secret keys, directories and administrators of the instance are not held up.</li>
              {!me?.instance_admin && (
                <li>Your own session must have shown it, so that you do not shut yourself out.</li>
              )}
            </>
          )}
          {factorBefore && !factor && <li>Members come in without a second factor, unless they have one.</li>}
          {servicesBefore.length > 0 && services.length === 0 && (
            <li>Members sign in any way that the instance has.</li>
          )}
        </ul>
      </Confirm>
    </form>
  );
}
