import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { post } from "../../api/http";
import { useList } from "../../api/queries";
import type { SecretKey } from "../../api/types";
import { useChange, useListState } from "../../components/hooks";
import {
  Badge,
  Button,
  Confirm,
  CopyField,
  Dialog,
  Empty,
  Field,
  FormDialog,
  Input,
  Notice,
  PageHead,
  Time,
  Truncate,
} from "../../components/kit";
import { List } from "../../components/table";

export function KeysPage() {
  const [search, setSearch] = useListState();
  const [making, setMaking] = useState(false);
  const [shown, setShown] = useState<SecretKey | null>(null);
  const [revoking, setRevoking] = useState<SecretKey | null>(null);
  const query = useList<SecretKey>(["keys"], "/v1/secret-keys", search);
  const revoke = useChange((id: string) => post(`/v1/secret-keys/${id}/revoke`), {
    stale: ["keys"],
    quiet: true,
    done: "The key is revoked",
  });
  const make = (
    <Button kind="primary" icon={<Plus size={16} aria-hidden />} onClick={() => setMaking(true)}>
      Make a key
    </Button>
  );
  return (
    <div className="pc-page">
      <PageHead
        title="Secret keys"
        text="What your servers call the administration API with. A key may do everything on this instance."
      >
        {(query.data?.total_count ?? 0) > 0 && make}
      </PageHead>
      <List
        label="Secret keys"
        query={query}
        rowKey={(row) => row.id}
        search={search}
        onSearch={setSearch}
        empty={
          <Empty icon={<KeyRound size={32} aria-hidden />} title="No key has been made" action={make}>
            Make one for each program, so that one can be revoked without the others.
          </Empty>
        }
        columns={[
          {
            head: "Key",
            grow: true,
            cell: (row) => (
              <div className="pc-two">
                <strong>
                  <Truncate text={row.name} />
                </strong>
                <code className="pt-small pt-muted">{row.prefix}…</code>
              </div>
            ),
          },
          {
            head: "State",
            cell: (row) => (row.revoked_at ? <Badge>Revoked</Badge> : <Badge tone="success">Valid</Badge>),
          },
          {
            head: "Last used",
            cell: (row) => (
              <span title={[row.last_used_ip, row.last_used_user_agent].filter(Boolean).join(", ")}>
                <Time ms={row.last_used_at} />
              </span>
            ),
          },
          { head: "Made", cell: (row) => <Time ms={row.created_at} /> },
          {
            head: "_Actions",
            end: true,
            cell: (row) =>
              !row.revoked_at && (
                <Button small onClick={() => setRevoking(row)}>
                  Revoke
                </Button>
              ),
          },
        ]}
      />
      {making && (
        <Make
          onClose={() => setMaking(false)}
          onMade={(key) => {
            setMaking(false);
            setShown(key);
          }}
        />
      )}
      <Dialog
        open={shown !== null}
        onClose={() => setShown(null)}
        title={shown?.name ?? ""}
        footer={
          <Button kind="primary" onClick={() => setShown(null)}>
            I have copied it
          </Button>
        }
      >
        {shown?.key && <CopyField label="Secret key" value={shown.key} secret />}
        <Notice tone="warning" title="Copy it now">
          It is kept only as a hash and cannot be shown again. Keep it on a server, never in a page or an app.
        </Notice>
      </Dialog>
      <Confirm
        open={revoking !== null}
        onClose={() => setRevoking(null)}
        title={`Revoke “${revoking?.name}”?`}
        action="Revoke"
        onConfirm={() => revoke.mutateAsync(revoking?.id ?? "")}
      >
        Programs that use it are refused at once. It cannot be taken back.
      </Confirm>
    </div>
  );
}

function Make({ onClose, onMade }: { onClose: () => void; onMade: (key: SecretKey) => void }) {
  const [name, setName] = useState("");
  const create = useChange(() => post<SecretKey>("/v1/secret-keys", { name: name.trim() }), {
    stale: ["keys"],
    quiet: true,
    after: onMade,
  });
  return (
    <FormDialog title="Make a secret key" action="Make it" ready={name.trim() !== ""} change={create} onClose={onClose}>
      <Field label="Name" hint="Which program uses it.">
        {(ids) => (
          <Input
            {...ids}
            value={name}
            maxLength={100}
            placeholder="Billing service"
            onChange={(e) => setName(e.target.value)}
          />
        )}
      </Field>
    </FormDialog>
  );
}
