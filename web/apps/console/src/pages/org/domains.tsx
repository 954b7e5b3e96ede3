import { Globe, MoreHorizontal, Plus } from "lucide-react";
import { useState } from "react";
import { patch, post, remove } from "../../api/http";
import { useList } from "../../api/queries";
import type { Domain } from "../../api/types";
import { useChange, useListState, useOrg } from "../../components/hooks";
import {
  Badge,
  Button,
  Card,
  Confirm,
  CopyField,
  Dialog,
  Empty,
  Failure,
  Field,
  FormDialog,
  Input,
  Menu,
  PageHead,
  Select,
  Time,
} from "../../components/kit";
import { List } from "../../components/table";

const MODES: Record<string, string> = {
  manual_invitation: "By invitation only",
  automatic_invitation: "Invited automatically",
  automatic_suggestion: "Suggested by your own pages",
};

export function DomainsPage() {
  const org = useOrg();
  const path = `/v1/organizations/${org}/domains`;
  const [search, setSearch] = useListState();
  const [adding, setAdding] = useState(false);
  const [open, setOpen] = useState<string | null>(null);
  const [taking, setTaking] = useState<Domain | null>(null);
  const query = useList<Domain>(["domains", org], path, search);
  const stale = ["domains"];
  const take = useChange((id: string) => remove(`${path}/${id}`), {
    stale,
    quiet: true,
    done: "The domain was removed",
  });
  const mode = useChange(
    ({ id, enrollment_mode }: { id: string; enrollment_mode: string }) => patch(`${path}/${id}`, { enrollment_mode }),
    { stale, done: "Saved" },
  );
  const shown = query.data?.data.find((domain) => domain.id === open) ?? null;
  const add = (
    <Button kind="primary" icon={<Plus size={16} aria-hidden />} onClick={() => setAdding(true)}>
      Add a domain
    </Button>
  );
  return (
    <div className="pc-page">
      <PageHead
        title="Domains"
        text="Over accounts of a domain that the organization has proven to hold, its directories have authority."
      >
        {(query.data?.total_count ?? 0) > 0 && add}
      </PageHead>
      <List
        label="Domains"
        query={query}
        rowKey={(row) => row.id}
        search={search}
        onSearch={setSearch}
        empty={
          <Empty icon={<Globe size={32} aria-hidden />} title="No domain has been added" action={add}>
            Prove with a TXT record that a domain is yours. Then people of it are linked without being asked.
          </Empty>
        }
        columns={[
          { head: "Domain", grow: true, cell: (row) => <strong className="pt-wrap">{row.name}</strong> },
          {
            head: "State",
            cell: (row) =>
              row.verified ? (
                row.verification?.missing_since ? (
                  <Badge tone="warning">Record is missing</Badge>
                ) : (
                  <Badge tone="success">Verified</Badge>
                )
              ) : (
                <Badge tone="warning">Not verified</Badge>
              ),
          },
          {
            head: "People with such an address",
            cell: (row) => (
              <Select
                aria-label={`People with an address at ${row.name}`}
                className="pc-narrow"
                value={row.enrollment_mode}
                disabled={!row.verified}
                onChange={(e) => mode.mutate({ id: row.id, enrollment_mode: e.target.value })}
              >
                {Object.entries(MODES).map(([key, label]) => (
                  <option key={key} value={key}>
                    {label}
                  </option>
                ))}
              </Select>
            ),
          },
          { head: "Added", wide: true, cell: (row) => <Time ms={row.created_at} /> },
          {
            head: "_Actions",
            end: true,
            cell: (row) => (
              <div className="pt-row pc-end-row">
                {(!row.verified || row.verification?.missing_since) && (
                  <Button small onClick={() => setOpen(row.id)}>
                    Verify
                  </Button>
                )}
                <Menu
                  label={`Actions for ${row.name}`}
                  trigger={<MoreHorizontal size={16} aria-hidden />}
                  items={[{ label: "Remove", danger: true, onSelect: () => setTaking(row) }]}
                />
              </div>
            ),
          },
        ]}
      />
      {adding && (
        <Add
          path={path}
          onClose={() => setAdding(false)}
          onAdded={(domain) => {
            setAdding(false);
            if (!domain.verified) setOpen(domain.id);
          }}
        />
      )}
      {shown && <Verify path={path} domain={shown} onClose={() => setOpen(null)} />}
      <Confirm
        open={taking !== null}
        onClose={() => setTaking(null)}
        title={`Remove ${taking?.name}?`}
        action="Remove"
        onConfirm={() => take.mutateAsync(taking?.id ?? "")}
      >
        Directories of the organization lose their authority over accounts of this domain: names and addresses are no
        longer kept up to date, and people who are sent later are asked first. Members stay.
      </Confirm>
    </div>
  );
}

function Add({ path, onClose, onAdded }: { path: string; onClose: () => void; onAdded: (domain: Domain) => void }) {
  const [name, setName] = useState("");
  const create = useChange(() => post<Domain>(path, { name: name.trim() }), {
    stale: ["domains"],
    quiet: true,
    after: onAdded,
  });
  return (
    <FormDialog title="Add a domain" action="Add" ready={name.trim() !== ""} change={create} onClose={onClose}>
      <Field label="Domain" hint="As it stands after the @ in addresses.">
        {(ids) => (
          <Input
            {...ids}
            value={name}
            placeholder="acme.example"
            autoComplete="off"
            onChange={(e) => setName(e.target.value)}
          />
        )}
      </Field>
    </FormDialog>
  );
}

function Verify({ path, domain, onClose }: { path: string; domain: Domain; onClose: () => void }) {
  const [missing, setMissing] = useState(false);
  const check = useChange(() => post<Domain>(`${path}/${domain.id}/verify`), {
    stale: ["domains"],
    quiet: true,
    after: (result) => {
      if (result.verified) onClose();
      else setMissing(true);
    },
    done: (result) => (result.verified ? `${domain.name} is verified` : "The record was not found yet"),
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Verify ${domain.name}`}
      text="Add this record where the domain's DNS is managed, then check."
      footer={
        <>
          <Button onClick={onClose}>Later</Button>
          <Button kind="primary" busy={check.isPending} onClick={() => check.mutate(undefined)}>
            Check the record
          </Button>
        </>
      }
    >
      {domain.verification ? (
        <>
          {/* As it is called where DNS is managed; the API's word for it is `dns_txt`. */}
          <CopyField label="Type" value={domain.verification.type.replace(/^dns_/, "").toUpperCase()} />
          <CopyField label="Name" value={domain.verification.name} />
          <CopyField label="Value" value={domain.verification.value} />
          <p className="pt-small pt-muted">
            Last checked: <Time ms={domain.verification.last_checked_at} />
          </p>
        </>
      ) : (
        <Card>
          <p>This domain needs no record.</p>
        </Card>
      )}
      {missing && !check.error && (
        <p className="pc-field-error">
          The record was not found. It can take up to an hour until it is seen everywhere: check again later.
        </p>
      )}
      <Failure error={check.error} />
    </Dialog>
  );
}
