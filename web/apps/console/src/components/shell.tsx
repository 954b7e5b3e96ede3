/** The frame around every page: where one is, where one can go, and who one is. */
import { useQuery } from "@tanstack/react-query";
import { type ErrorComponentProps, Link, Outlet, useLocation, useNavigate, useRouter } from "@tanstack/react-router";
import {
  Activity,
  BadgeCheck,
  Building2,
  Check,
  ChevronsUpDown,
  FolderSync,
  Globe,
  HeartPulse,
  History,
  KeyRound,
  LayoutDashboard,
  type LucideIcon,
  Mail,
  Menu as MenuIcon,
  Monitor,
  Moon,
  Radio,
  Settings,
  Shield,
  Sun,
  Users,
  Webhook,
  X,
} from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useEffect, useState } from "react";
import { post } from "../api/http";
import { LiveProvider, useLiveState } from "../api/live";
import { INSTANCE, instanceQuery, organizationQuery } from "../api/queries";
import type { Me } from "../api/types";
import { rememberOrganization } from "../lib/last";
import { useMe, useOrg } from "./hooks";
import { Avatar, Button, cx, Failure, Tip, Truncate } from "./kit";

const TEXT = {
  skip: "Skip to the content",
  nav: "Main",
  instance: "Instance",
  signOut: "Sign out",
  account: "Your account",
  stop: "Stop impersonating",
  noPage: "There is no such page",
  noPageText: "The address may be old, or what it named was deleted, or you may not see it.",
};

interface Item {
  to: string;
  label: string;
  icon: LucideIcon;
  exact?: boolean;
  needs?: string;
}

const INSTANCE_ITEMS: Item[] = [
  { to: "/instance/users", label: "Users", icon: Users },
  { to: "/instance/organizations", label: "Organizations", icon: Building2 },
  { to: "/instance/directories", label: "Directories", icon: FolderSync },
  { to: "/instance/roles", label: "Roles", icon: Shield },
  { to: "/instance/events", label: "Events", icon: Radio },
  { to: "/instance/webhooks", label: "Webhooks", icon: Webhook },
  { to: "/instance/audit", label: "Audit", icon: History },
  { to: "/instance/keys", label: "Secret keys", icon: KeyRound },
  { to: "/instance/health", label: "Health", icon: HeartPulse },
];

const ORGANIZATION_ITEMS: Item[] = [
  { to: "/o/$org", label: "Overview", icon: LayoutDashboard, exact: true },
  { to: "/o/$org/members", label: "Members", icon: Users, needs: "organization:update" },
  { to: "/o/$org/invitations", label: "Invitations", icon: Mail, needs: "invitation:create" },
  { to: "/o/$org/roles", label: "Roles", icon: Shield },
  { to: "/o/$org/domains", label: "Domains", icon: Globe, needs: "organization:update" },
  { to: "/o/$org/directories", label: "Directory sync", icon: FolderSync, needs: "org:sys_provisioning:manage" },
  { to: "/o/$org/events", label: "Events", icon: Activity, needs: "organization:update" },
  { to: "/o/$org/webhooks", label: "Webhooks", icon: Webhook, needs: "organization:update" },
  { to: "/o/$org/audit", label: "Audit", icon: History, needs: "organization:update" },
  { to: "/o/$org/settings", label: "Settings", icon: Settings, needs: "organization:update" },
];

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

function Brand() {
  const { data } = useQuery(instanceQuery);
  const name = data?.name ?? "Portico";
  useEffect(() => {
    document.title = `${name} console`;
  }, [name]);
  useEffect(() => {
    if (data?.accent_color) document.documentElement.style.setProperty("--accent-base", data.accent_color);
  }, [data?.accent_color]);
  return (
    <Link to="/" className="pc-brand">
      {data?.logo_url ? <img src={data.logo_url} alt="" height={20} /> : <Mark />}
      <span className="pc-truncate">{name}</span>
    </Link>
  );
}

/** Two columns and a roof. */
function Mark() {
  return (
    <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
      <path d="M10 1.5 18.5 6.5v1.8h-17V6.5z" fill="currentColor" />
      <path d="M4 9.8h2.6v6.4H4zM13.4 9.8H16v6.4h-2.6zM1.8 16.9h16.4v1.6H1.8z" fill="currentColor" />
    </svg>
  );
}

function Switcher({ me, org }: { me: Me; org: string | null }) {
  const navigate = useNavigate();
  const membership = me.memberships.find((one) => one.organization.id === org);
  // An instance administrator may be in an organization that they do not belong to.
  const { data } = useQuery({ ...organizationQuery(org ?? ""), enabled: org !== null && !membership });
  const name = org === null ? TEXT.instance : (membership?.organization.name ?? data?.name ?? "Organization");
  const image = membership?.organization.image_url ?? data?.image_url;
  const [query, setQuery] = useState("");
  const shown = me.memberships.filter((one) => one.organization.name.toLowerCase().includes(query.toLowerCase()));
  return (
    <DropdownMenu.Root modal={false} onOpenChange={() => setQuery("")}>
      <DropdownMenu.Trigger className="pc-switcher" aria-label={`${name}. Switch organization`}>
        {org === null ? (
          <span className="pc-avatar pc-avatar-square pc-avatar-instance">
            <Mark />
          </span>
        ) : (
          <Avatar name={name} src={image} square />
        )}
        <Truncate text={name} />
        <ChevronsUpDown size={14} aria-hidden />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="pc-menu pc-menu-switcher" align="start" sideOffset={4} collisionPadding={8}>
          {me.memberships.length > 8 && (
            <input
              className="pc-input"
              aria-label="Find an organization"
              placeholder="Find an organization"
              value={query}
              onChange={(e) => setQuery(e.target.value)}
              onKeyDown={(e) => e.stopPropagation()}
            />
          )}
          <div className="pc-menu-scroll">
            {shown.map(({ organization, role_name, status }) => (
              <DropdownMenu.Item
                key={organization.id}
                className="pc-menu-item"
                disabled={status !== "active"}
                onSelect={() => void navigate({ to: "/o/$org", params: { org: organization.id } })}
              >
                <Avatar name={organization.name} src={organization.image_url} square size={22} />
                <span className="pc-menu-two">
                  <Truncate text={organization.name} />
                  <span className="pt-muted pt-small">{status === "active" ? role_name : status}</span>
                </span>
                {organization.id === org && <Check size={14} aria-label="Current" />}
              </DropdownMenu.Item>
            ))}
            {me.memberships.length === 0 && <p className="pc-menu-note">You belong to no organization yet.</p>}
            {me.memberships_total > me.memberships.length && (
              <p className="pc-menu-note">
                The first {me.memberships.length} of {me.memberships_total}.
              </p>
            )}
          </div>
          {me.instance_admin && (
            <>
              <DropdownMenu.Separator className="pc-menu-line" />
              <DropdownMenu.Item
                className="pc-menu-item"
                onSelect={() => void navigate({ to: "/instance/organizations" })}
              >
                <BadgeCheck size={16} aria-hidden /> {TEXT.instance}
                {org === null && <Check size={14} aria-label="Current" />}
              </DropdownMenu.Item>
            </>
          )}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function Navigation({ me, org }: { me: Me; org: string | null }) {
  const membership = me.memberships.find((one) => one.organization.id === org);
  const may = (permission: string) => me.instance_admin || (membership?.permissions.includes(permission) ?? false);
  const items = org === null ? (me.instance_admin ? INSTANCE_ITEMS : []) : ORGANIZATION_ITEMS;
  return (
    <nav aria-label={TEXT.nav} className="pc-nav">
      {items
        .filter((item) => !item.needs || may(item.needs))
        .map(({ to, label, icon: Icon, exact }) => (
          <Link
            key={to}
            to={to as "/o/$org"}
            params={{ org: org ?? INSTANCE }}
            className="pc-nav-item"
            activeOptions={{ exact: exact ?? false, includeSearch: false }}
            activeProps={{ className: "pc-nav-active", "aria-current": "page" }}
          >
            <Icon size={16} aria-hidden /> {label}
          </Link>
        ))}
    </nav>
  );
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

const THEMES = ["system", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];
const THEME_KEY = "portico.theme";

function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState<Theme>(() => {
    try {
      const saved = window.localStorage.getItem(THEME_KEY);
      return saved === "light" || saved === "dark" ? saved : "system";
    } catch {
      return "system";
    }
  });
  useEffect(() => {
    const { dataset } = document.documentElement;
    if (theme === "system") delete dataset.theme;
    else dataset.theme = theme;
    try {
      window.localStorage.setItem(THEME_KEY, theme);
    } catch {
      // kept for this page only
    }
  }, [theme]);
  return [theme, setTheme];
}

function Person({ me }: { me: Me }) {
  const [theme, setTheme] = useTheme();
  const name = me.user?.name || me.user?.email_address || "You";
  const icons = { system: Monitor, light: Sun, dark: Moon };
  const signOut = async () => {
    await post("/api/auth/sign-out", {}).catch(() => undefined);
    window.location.assign("/sign-in");
  };
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className="pc-person" aria-label={`${name}. Account menu`}>
        <Avatar name={name} src={me.user?.image_url} />
        <span className="pc-menu-two">
          <Truncate text={name} />
          <span className="pt-muted pt-small pc-truncate" title={me.user?.email_address}>
            {me.user?.email_address}
          </span>
        </span>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="pc-menu" align="start" side="top" sideOffset={4} collisionPadding={8}>
          <DropdownMenu.Item className="pc-menu-item" onSelect={() => window.location.assign("/account")}>
            {TEXT.account}
          </DropdownMenu.Item>
          <DropdownMenu.Separator className="pc-menu-line" />
          <DropdownMenu.RadioGroup value={theme} onValueChange={(value) => setTheme(value as Theme)}>
            {THEMES.map((one) => {
              const Icon = icons[one];
              return (
                <DropdownMenu.RadioItem key={one} value={one} className="pc-menu-item">
                  <Icon size={16} aria-hidden /> {one.charAt(0).toUpperCase() + one.slice(1)}
                  {theme === one && <Check size={14} aria-hidden />}
                </DropdownMenu.RadioItem>
              );
            })}
          </DropdownMenu.RadioGroup>
          <DropdownMenu.Separator className="pc-menu-line" />
          <DropdownMenu.Item className="pc-menu-item" onSelect={() => void signOut()}>
            {TEXT.signOut}
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function Impersonation({ me }: { me: Me }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
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
    <section className="pc-impersonation" aria-label="Impersonation">
      <span>
        You are acting as <strong>{me.user?.name || me.user?.email_address}</strong>
        {me.user?.name ? ` (${me.user.email_address})` : ""}. What you do here is done as that person.
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
