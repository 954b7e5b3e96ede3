import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { reads } from "../../api/http";
import { directoriesPath, organizationQuery } from "../../api/queries";
import type { Directory, MeMembership, Page } from "../../api/types";
import { useMay, useMe, useOrg } from "../../components/hooks";
import {
  Avatar,
  Badge,
  Card,
  CopyButton,
  Facts,
  Failure,
  Notice,
  PageHead,
  Spinner,
  Truncate,
} from "../../components/kit";
import { ProviderMark } from "../../components/provider";
import { NotFoundPage } from "../../components/shell";
import { at, count } from "../../lib/format";
import { directoryState } from "../../lib/states";

export function OverviewPage() {
  const org = useOrg();
  const me = useMe();
  const may = useMay();
  const membership = me?.memberships.find((one) => one.organization.id === org);
  if (!may("organization:update")) return membership ? <ForMembers membership={membership} /> : <NotFoundPage />;
  return <ForAdmins />;
}

function ForMembers({ membership }: { membership: MeMembership }) {
  return (
    <div className="pc-page">
      <PageHead title={membership.organization.name} />
      <Card title="Your membership">
        <Facts
          items={[
            ["Role", <Badge key="r">{membership.role_name}</Badge>],
            ["Organization", membership.organization.slug],
          ]}
        />
        <p className="pt-muted">
          Managing the organization needs another role. Ask one of its owners or admins. Your profile and sessions are
          under <a href="/account">your account</a>.
        </p>
      </Card>
    </div>
  );
}

function ForAdmins() {
  const org = useOrg();
  const may = useMay();
  const { data, error, isPending, refetch } = useQuery(organizationQuery(org));
  const directories = useQuery({
    queryKey: ["directories", "list", org, "overview"],
    ...reads<Page<Directory>>(directoriesPath(org), { limit: 5 }),
    enabled: may("org:sys_provisioning:manage"),
  });
  if (isPending) return <Spinner label="Loading the organization" />;
  if (!data) return <Failure error={error} retry={() => void refetch()} />;
  const params = { org };
  return (
    <div className="pc-page">
      <PageHead
        title={
          <span className="pc-who">
            <Avatar name={data.name} src={data.image_url} square size={36} />
            <span className="pt-wrap">{data.name}</span>
          </span>
        }
      />
      {data.ownerless_since && (
        <Notice tone="warning" title="The organization has no owner">
          Its last owner lost access {at(data.ownerless_since)}. An administrator of the instance can make somebody an
          owner.
        </Notice>
      )}
      <div className="pc-stats">
        <Link to="/o/$org/members" params={params} className="pc-stat">
          <b>{count(data.members_count)}</b>
          <span>Members</span>
        </Link>
        <Link to="/o/$org/invitations" params={params} search={{ status: "pending" }} className="pc-stat">
          <b>{count(data.pending_invitations_count)}</b>
          <span>Open invitations</span>
        </Link>
        {directories.data && (
          <Link to="/o/$org/directories" params={params} className="pc-stat">
            <b>{count(directories.data.total_count)}</b>
            <span>Directories</span>
          </Link>
        )}
      </div>
      <div className="pc-grid">
        <Card title="Organization">
          <Facts
            items={[
              ["Slug", data.slug],
              [
                "Id",
                <span key="i" className="pt-row">
                  <code>{data.id}</code> <CopyButton text={data.id} />
                </span>,
              ],
              ["Made", at(data.created_at)],
              data.max_allowed_memberships ? ["Members at most", count(data.max_allowed_memberships)] : null,
            ]}
          />
        </Card>
        {directories.data && (
          <Card
            title="Directory sync"
            action={
              directories.data.total_count === 0 && (
                <Link to="/o/$org/directories/new" params={params} className="pc-button pc-button-primary">
                  Connect a directory
                </Link>
              )
            }
          >
            {directories.data.total_count === 0 ? (
              <p className="pt-muted">
                Let an identity provider keep members up to date, and end their access when they leave.
              </p>
            ) : (
              <ul className="pc-checks">
                {directories.data.data.map((directory) => {
                  const { label, tone } = directoryState(directory.state);
                  return (
                    <li key={directory.id} className="pc-who">
                      <ProviderMark provider={directory.provider} size={24} />
                      <Link to="/o/$org/directories/$dir" params={{ org, dir: directory.id }} className="pc-two">
                        <Truncate text={directory.name} />
                      </Link>
                      <Badge tone={tone} dot>
                        {label}
                      </Badge>
                    </li>
                  );
                })}
              </ul>
            )}
          </Card>
        )}
      </div>
    </div>
  );
}
