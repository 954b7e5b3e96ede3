/** Where one can go: the pages of the instance, or of the organization that one is in. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import {
  Activity,
  Building2,
  FolderSync,
  Globe,
  HeartPulse,
  History,
  KeyRound,
  LayoutDashboard,
  type LucideIcon,
  Mail,
  Radio,
  Settings,
  Shield,
  Users,
  UsersRound,
  Webhook,
} from "lucide-react";
import { INSTANCE, instanceQuery } from "../../api/queries";
import { teamsQuery } from "../../api/teams";
import type { Instance, Me } from "../../api/types";

interface Item {
  to: string;
  label: string;
  icon: LucideIcon;
  exact?: boolean;
  needs?: string;
  /** Whether the instance has it at all. */
  on?: (methods: Instance["methods"]) => boolean;
  /** Whether it is for organizations with teams. */
  ofTeams?: boolean;
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
  { to: "/o/$org/teams", label: "Teams", icon: UsersRound, needs: "team:update", ofTeams: true },
  { to: "/o/$org/invitations", label: "Invitations", icon: Mail, needs: "invitation:create" },
  { to: "/o/$org/roles", label: "Roles", icon: Shield },
  { to: "/o/$org/domains", label: "Domains", icon: Globe, needs: "organization:update" },
  { to: "/o/$org/directories", label: "Directory sync", icon: FolderSync, needs: "org:sys_provisioning:manage" },
  {
    to: "/o/$org/api-keys",
    label: "API keys",
    icon: KeyRound,
    needs: "apiKey:read",
    on: (methods) => methods?.api_key?.enabled ?? false,
  },
  { to: "/o/$org/events", label: "Events", icon: Activity, needs: "organization:update" },
  { to: "/o/$org/webhooks", label: "Webhooks", icon: Webhook, needs: "organization:update" },
  { to: "/o/$org/audit", label: "Audit", icon: History, needs: "organization:update" },
  { to: "/o/$org/settings", label: "Settings", icon: Settings, needs: "organization:update" },
];

export function Navigation({ me, org }: { me: Me; org: string | null }) {
  const membership = me.memberships.find((one) => one.organization.id === org);
  const may = (permission: string) => me.instance_admin || (membership?.permissions.includes(permission) ?? false);
  const methods = useQuery(instanceQuery).data?.methods;
  const asks = org !== null && org !== INSTANCE && may("team:update");
  const teams = useQuery({ ...teamsQuery(org ?? ""), enabled: asks }).data;
  const items = org === null ? (me.instance_admin ? INSTANCE_ITEMS : []) : ORGANIZATION_ITEMS;
  return (
    <nav aria-label={"Main"} className="pc-nav">
      {items
        .filter((item) => (!item.needs || may(item.needs)) && (item.on?.(methods) ?? true) && (!item.ofTeams || teams))
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
