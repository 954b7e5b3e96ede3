import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { directoryQuery } from "../../api/queries";
import { useOrg, useParam } from "../../components/hooks";
import { Badge, Failure, PageHead, Spinner, Truncate } from "../../components/kit";
import { ProviderMark } from "../../components/provider";
import { providerName } from "../../lib/providers";
import { directoryState } from "../../lib/states";
import { Tripped } from "./tripped";

const TABS = [
  { to: "/o/$org/directories/$dir", label: "Overview", exact: true },
  { to: "/o/$org/directories/$dir/users", label: "Users" },
  { to: "/o/$org/directories/$dir/groups", label: "Groups" },
  { to: "/o/$org/directories/$dir/rules", label: "Role rules" },
  { to: "/o/$org/directories/$dir/mapping", label: "Mapping" },
  { to: "/o/$org/directories/$dir/requests", label: "Requests" },
  { to: "/o/$org/directories/$dir/credentials", label: "Credentials" },
  { to: "/o/$org/directories/$dir/receipts", label: "Receipts" },
  { to: "/o/$org/directories/$dir/import", label: "Import" },
  { to: "/o/$org/directories/$dir/settings", label: "Settings" },
  { to: "/o/$org/directories/$dir/self-test", label: "Self-test" },
] as const;

export function DirectoryLayout() {
  const org = useOrg();
  const dir = useParam("dir");
  const { data, error, isPending, refetch } = useQuery(directoryQuery(org, dir));
  const { pathname } = useLocation();
  const tabs = useRef<HTMLElement>(null);
  const there = data !== undefined;
  // Where there is no room for all tabs, the one that is open is to be seen.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page is another tab
  useEffect(() => {
    const open = tabs.current?.querySelector<HTMLElement>("[aria-current=page]");
    if (!tabs.current || !open) return;
    const { left, width } = open.getBoundingClientRect();
    const row = tabs.current.getBoundingClientRect();
    tabs.current.scrollLeft += left + width / 2 - (row.left + row.width / 2);
  }, [pathname, there]);
  if (isPending) return <Spinner label="Loading the directory" />;
  if (!data) return <Failure error={error} retry={() => void refetch()} />;
  const { label, tone } = directoryState(data.state);
  return (
    <div className="pc-page">
      <PageHead
        eyebrow={
          <Link to="/o/$org/directories" params={{ org }}>
            Directory sync
          </Link>
        }
        title={
          <span className="pc-who">
            <ProviderMark provider={data.provider} size={32} />
            <Truncate text={data.name} />
            <Badge tone={tone} dot>
              {label}
            </Badge>
            {data.import && (
              <Badge tone="info">{data.import.state === "applying" ? "Import is applied" : "Import mode"}</Badge>
            )}
          </span>
        }
        text={data.name === providerName(data.provider) ? undefined : providerName(data.provider)}
      />
      {data.state === "tripped" && <Tripped org={org} dir={dir} />}
      <nav className="pc-tabs" aria-label="Directory" ref={tabs}>
        {TABS.map((tab) => (
          <Link
            key={tab.to}
            to={tab.to}
            params={{ org, dir }}
            className="pc-tab"
            activeOptions={{ exact: "exact" in tab, includeSearch: false }}
            activeProps={{ className: "pc-tab-active", "aria-current": "page" }}
          >
            {tab.label}
          </Link>
        ))}
      </nav>
      <Outlet />
    </div>
  );
}
