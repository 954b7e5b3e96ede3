/** The wizard's last steps: what turns green by itself as the identity provider calls, and what comes next. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Check, LoaderCircle, Radio, UserCheck } from "lucide-react";
import { get } from "../../api/http";
import { directoryPath, directoryQuery, useRoleNames } from "../../api/queries";
import type { DirectoryUser, Page } from "../../api/types";
import { Grants } from "../../components/grants";
import { Badge, Button, Card, cx, Facts, Failure, Time } from "../../components/kit";
import { at } from "../../lib/format";
import { linkState } from "../../lib/states";

const POLL_MS = 2_000;

/** Turns green when the identity provider has authenticated, without a reload. */
export function FirstRequest({ org, dir }: { org: string; dir: string }) {
  const { data } = useQuery({
    ...directoryQuery(org, dir),
    refetchInterval: (query) => (query.state.data && query.state.data.state !== "setting_up" ? false : POLL_MS),
  });
  const seen = data !== undefined && data.state !== "setting_up";
  return (
    <div className={cx("pc-wait", seen && "pc-wait-done")} role="status" aria-live="polite">
      <span className="pc-wait-mark">
        {seen ? <Check size={22} aria-hidden /> : <LoaderCircle size={22} className="pc-spin" aria-hidden />}
      </span>
      <div>
        <strong>{seen ? "Connected: the first request has arrived" : "Waiting for the first request"}</strong>
        <p className="pt-muted">
          {seen ? (
            <>
              The credential is right and the directory is active. Last heard of <Time ms={data.last_request_at} />.
            </>
          ) : (
            "Test the connection in the identity provider. This turns green by itself."
          )}
        </p>
      </div>
    </div>
  );
}

export function FirstPerson({
  org,
  dir,
  onBack,
  onNext,
}: {
  org: string;
  dir: string;
  onBack: () => void;
  onNext: () => void;
}) {
  const names = useRoleNames(org);
  const { data, error, refetch } = useQuery({
    queryKey: ["directories", dir, "first-person"],
    queryFn: ({ signal }) =>
      get<Page<DirectoryUser>>(`${directoryPath(org, dir)}/users`, { limit: 1, order_by: "created_at" }, signal),
    refetchInterval: (query) => (query.state.data?.total_count ? false : POLL_MS),
  });
  const person = data?.data[0];
  return (
    <div className="pc-stack">
      <FirstRequest org={org} dir={dir} />
      <div className={cx("pc-wait", person && "pc-wait-done")} role="status" aria-live="polite">
        <span className="pc-wait-mark">
          {person ? <UserCheck size={22} aria-hidden /> : <LoaderCircle size={22} className="pc-spin" aria-hidden />}
        </span>
        <div>
          <strong>{person ? "The first person has arrived" : "Waiting for the first person"}</strong>
          <p className="pt-muted">
            {person
              ? `${person.display_name ?? person.user_name}, ${at(person.created_at)}`
              : "Assign somebody to the application in the identity provider."}
          </p>
        </div>
      </div>
      <Failure error={error} retry={() => void refetch()} />
      {person && (
        <Card title={person.display_name ?? person.user_name}>
          <Facts
            items={[
              ["User name", person.user_name],
              ["Address", person.emails.find((email) => email.primary)?.value ?? person.emails[0]?.value ?? "None"],
              [
                "Account",
                <Badge key="l" tone={linkState(person.link).tone}>
                  {linkState(person.link).label}
                </Badge>,
              ],
              ["Roles", <Grants key="g" grants={person.grants} names={names} />],
            ]}
          />
        </Card>
      )}
      <div className="pt-row">
        <Button kind="primary" onClick={onNext}>
          {person ? "Continue" : "Do this later"}
        </Button>
        <Button kind="ghost" onClick={onBack}>
          Back
        </Button>
      </div>
    </div>
  );
}

export function Done({ org, dir }: { org: string; dir: string }) {
  const { data } = useQuery(directoryQuery(org, dir));
  const next = [
    {
      to: "/o/$org/directories/$dir/rules",
      title: "Give roles by groups",
      text: "Say which role the members of a group have.",
    },
    {
      to: "/o/$org/directories/$dir/mapping",
      title: "Map attributes",
      text: "Say what becomes of departments, titles and the like.",
    },
    {
      to: "/o/$org/directories/$dir/settings",
      title: "Turn on the circuit breaker",
      text: "Keep a mistaken filter from locking everybody out.",
    },
  ] as const;
  const waits = data?.state === "setting_up";
  return (
    <div className="pc-stack">
      <div className={cx("pc-wait", !waits && "pc-wait-done")}>
        <span className="pc-wait-mark">
          {waits ? <Radio size={22} aria-hidden /> : <Check size={22} aria-hidden />}
        </span>
        <div>
          <strong>
            {waits ? "Everything is ready on this side" : `${data?.name ?? "The directory"} is connected`}
          </strong>
          <p className="pt-muted">
            {waits
              ? "The directory becomes active with the identity provider's first request."
              : "People and groups appear here as the identity provider sends them."}
          </p>
        </div>
      </div>
      <div className="pc-grid">
        {next.map((one) => (
          <Card
            key={one.to}
            title={
              <Link to={one.to} params={{ org, dir }}>
                {one.title}
              </Link>
            }
          >
            <p className="pt-muted">{one.text}</p>
          </Card>
        ))}
      </div>
      <div>
        <Link to="/o/$org/directories/$dir" params={{ org, dir }} className="pc-button pc-button-primary">
          Open the directory
        </Link>
      </div>
    </div>
  );
}
