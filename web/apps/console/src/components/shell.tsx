/** The frame around every page: where one is, where one can go, and who one is. */

import { mailboxOf } from "@portico/ui";
import { type ErrorComponentProps, Link, Outlet, useLocation, useRouter } from "@tanstack/react-router";
import { Menu as MenuIcon, X } from "lucide-react";
import { useEffect, useState } from "react";
import { post } from "../api/http";
import { LiveProvider, useLiveState } from "../api/live";
import { INSTANCE } from "../api/queries";
import type { Me } from "../api/types";
import { rememberOrganization } from "../lib/last";
import { calledOf } from "../lib/people";
import { useMe, useOrg } from "./hooks";
import { Button, cx, Failure, Tip } from "./kit";
import { Brand } from "./shell/brand";
import { Navigation } from "./shell/navigation";
import { Person } from "./shell/person";
import { Switcher } from "./shell/switcher";

const TEXT = {
  skip: "Skip to the content",
  stop: "Stop impersonating",
  noPage: "There is no such page",
  noPageText: "The address may be old, or what it named was deleted, or you may not see it.",
};

export function Shell() {
  const me = useMe();
  const org = useOrg();
  const { pathname } = useLocation();
  const [open, setOpen] = useState(false);
  const inOrganization = pathname.includes("/o/") && org !== INSTANCE;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the menu closes when one has gone somewhere
  useEffect(() => setOpen(false), [pathname]);
  useEffect(() => {
    if (inOrganization) rememberOrganization(org);
  }, [inOrganization, org]);
  if (!me) return <Outlet />;
  const membership = me.memberships.find((one) => one.organization.id === org);
  // Members who manage nothing are shown nothing of the stream.
  const listens =
    me.instance_admin || (inOrganization && (membership?.permissions.includes("organization:update") ?? false));
  const page = (
    <div className="pc-shell">
      <a className="pc-skip" href="#content">
        {TEXT.skip}
      </a>
      <header className="pc-top">
        <Button
          kind="ghost"
          icon={open ? <X size={18} aria-hidden /> : <MenuIcon size={18} aria-hidden />}
          aria-label={open ? "Close the menu" : "Open the menu"}
          aria-expanded={open}
          aria-controls="navigation"
          onClick={() => setOpen(!open)}
        />
        <Brand />
      </header>
      <aside className={cx("pc-side", open && "pc-side-open")} id="navigation">
        <div className="pc-side-brand">
          <Brand />
        </div>
        <Switcher me={me} org={inOrganization ? org : null} />
        <Navigation me={me} org={inOrganization ? org : null} />
        <div className="pc-side-foot">
          {listens && <LiveMark />}
          <Person me={me} />
        </div>
      </aside>
      <div className="pc-main">
        {me.impersonated_by && <Impersonation me={me} />}
        <main id="content" className="pc-content" tabIndex={-1}>
          <Outlet />
        </main>
      </div>
    </div>
  );
  if (!listens) return page;
  return <LiveProvider organizationId={inOrganization ? org : null}>{page}</LiveProvider>;
}

function LiveMark() {
  const state = useLiveState();
  const text =
    state === "live"
      ? "Changes appear as they happen"
      : state === "polling"
        ? "The event stream cannot be reached: this page asks every few seconds"
        : "Connecting to the event stream";
  return (
    <Tip text={text}>
      <button type="button" className={cx("pc-live", `pc-live-${state}`)} aria-label={text}>
        <span className="pc-dot" aria-hidden />
        {state === "live" ? "Live" : state === "polling" ? "Refreshing" : "Connecting"}
      </button>
    </Tip>
  );
}

function Impersonation({ me }: { me: Me }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const mailbox = mailboxOf(me.user?.email_address);
  const called = calledOf({ name: me.user?.name, address: mailbox });
  const stop = async () => {
    setBusy(true);
    try {
      await post("/api/auth/admin/stop-impersonating", {});
      window.location.assign("/console/instance/users");
    } catch (cause) {
      setError(cause);
      setBusy(false);
    }
  };
  return (
    <section className="pt-impersonation" aria-label="Impersonation">
      <span>
        You are acting as <strong>{called}</strong>
        {mailbox && mailbox !== called ? ` (${mailbox})` : ""}. What you do here is done as that person.
      </span>
      <Button small busy={busy} onClick={() => void stop()}>
        {TEXT.stop}
      </Button>
      <Failure error={error} />
    </section>
  );
}

export function NotFoundPage() {
  return (
    <div className="pc-empty">
      <h1>{TEXT.noPage}</h1>
      <p className="pt-muted">{TEXT.noPageText}</p>
      <Link to="/" className="pc-button pc-button-secondary">
        Back to the beginning
      </Link>
    </div>
  );
}

export function PageFailure({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <div className="pc-page">
      <Failure
        error={error}
        retry={() => {
          reset();
          void router.invalidate();
        }}
      />
    </div>
  );
}
