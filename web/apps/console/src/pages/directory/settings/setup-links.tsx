import { Link2 } from "lucide-react";
import { useState } from "react";
import { post } from "../../../api/http";
import { directoryPath, useList } from "../../../api/queries";
import type { SetupLink } from "../../../api/types";
import { useChange, useOrg, useParam } from "../../../components/hooks";
import {
  Badge,
  Button,
  Card,
  Confirm,
  CopyField,
  Dialog,
  Failure,
  Notice,
  Select,
  Time,
} from "../../../components/kit";
import { List } from "../../../components/table";
import { at } from "../../../lib/format";

const LIFETIMES = [
  { hours: 24, label: "A day" },
  { hours: 72, label: "Three days" },
  { hours: 168, label: "A week" },
  { hours: 720, label: "30 days" },
];

/** Links by which somebody of the customer sets up the directory without an account. */
export function SetupLinks() {
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
