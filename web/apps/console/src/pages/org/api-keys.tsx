import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useMemo, useState } from "react";
import { ApiError } from "../../api/http";
import { instanceQuery } from "../../api/queries";
import { useChange, useListState, useMay, useMe, useOrg } from "../../components/hooks";
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
  Select,
  Time,
  Truncate,
} from "../../components/kit";
import { List } from "../../components/table";
import { useToast } from "../../components/toast";
import { type KeyState, type KeysApi, keysApi, type OrganizationKey } from "../../lib/api-keys";
import { paging } from "../../lib/search";
import type { Tone } from "../../lib/states";

const STALE = ["api-keys"];

const STATES: Record<KeyState, { label: string; tone: Tone }> = {
  on: { label: "On", tone: "success" },
  off: { label: "Off", tone: "neutral" },
  ended: { label: "Access ended", tone: "danger" },
  expired: { label: "Expired", tone: "warning" },
  revoked: { label: "Revoked", tone: "neutral" },
};

export function ApiKeysPage() {
  const { data } = useQuery(instanceQuery);
  if (data && !data.methods?.api_key?.enabled) {
    return (
      <div className="pc-page">
        <PageHead title="API keys" />
        <Empty icon={<KeyRound size={32} aria-hidden />} title="API keys are switched off">
          Whoever runs this instance can switch them on.
        </Empty>
      </div>
    );
  }
  return <Keys />;
}

function Keys() {
  const org = useOrg();
  const may = useMay();
  const admin = useMe()?.instance_admin ?? false;
  const api = useMemo(() => keysApi(org, admin), [org, admin]);
  const [search, setSearch] = useListState();
  const [making, setMaking] = useState(false);
  const [shown, setShown] = useState<{ name: string; key: string } | null>(null);
  const [deleting, setDeleting] = useState<OrganizationKey | null>(null);
  const { limit, offset } = paging(search);
  const query = useQuery({
    queryKey: [...STALE, org, admin, { limit, offset }],
    queryFn: ({ signal }) => api.list(limit, offset, signal),
    placeholderData: keepPreviousData,
  });
  const remove = useChange((id: string) => api.remove(id), { stale: STALE, quiet: true, done: "The key is deleted" });
  const make = may("apiKey:create") && (
    <Button kind="primary" icon={<Plus size={16} aria-hidden />} onClick={() => setMaking(true)}>
      Make a key
    </Button>
  );
  return (
    <div className="pc-page">
      <PageHead
        title="API keys"
        text={
          admin
            ? "What programs of this organization show to your application. Those that you make here end with the organization."
            : "What programs of this organization show to your application. Those that you make end when you leave it."
        }
      >
        {(query.data?.total_count ?? 0) > 0 && make}
      </PageHead>
      <List
        label="API keys"
        query={query}
        rowKey={(row) => row.id}
        search={search}
        onSearch={setSearch}
        empty={
          <Empty icon={<KeyRound size={32} aria-hidden />} title="No key has been made" action={make}>
            Make one for each program, so that one can be deleted without the others.
          </Empty>
        }
        columns={[
          {
            head: "Key",
            grow: true,
            cell: (row) => (
              <div className="pc-two">
                <strong>
                  <Truncate text={row.name ?? "Unnamed"} />
                </strong>
                <code className="pt-small pt-muted">{row.start}…</code>
              </div>
            ),
          },
          { head: "State", cell: (row) => <Badge tone={STATES[row.state].tone}>{STATES[row.state].label}</Badge> },
          { head: "Last used", cell: (row) => <Time ms={row.usedAt} /> },
          { head: "Expires", cell: (row) => <Time ms={row.expiresAt} /> },
          { head: "Made", wide: true, cell: (row) => <Time ms={row.createdAt} /> },
          {
            head: "_Actions",
            end: true,
            cell: (row) => (
              <div className="pt-row pc-end-row">
                {may("apiKey:update") && <Turn row={row} api={api} />}
                {may("apiKey:delete") && row.state !== "revoked" && (
                  <Button small aria-label={`Delete ${row.name ?? row.start}`} onClick={() => setDeleting(row)}>
                    Delete
                  </Button>
                )}
              </div>
            ),
          },
        ]}
      />
      {making && (
        <Make
          api={api}
          onClose={() => setMaking(false)}
          onMade={(made) => {
            setMaking(false);
            setShown(made);
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
        {shown && <CopyField label="API key" value={shown.key} secret />}
        <Notice tone="warning" title="Copy it now">
          It is kept only as a hash and cannot be shown again.
        </Notice>
      </Dialog>
      <Confirm
        open={deleting !== null}
        onClose={() => setDeleting(null)}
        title={`Delete “${deleting?.name ?? deleting?.start}”?`}
        action="Delete"
        onConfirm={() => remove.mutateAsync(deleting?.id ?? "")}
      >
        Programs that use it are refused at once. It cannot be taken back.
      </Confirm>
    </div>
  );
}

/** Turns a key off, or on again, where that can be done. */
function Turn({ row, api }: { row: OrganizationKey; api: KeysApi }) {
  const toast = useToast();
  const turn = useChange((on: boolean) => api.turn(row.id, on), {
    stale: STALE,
    after: (state) => {
      // It was off and stays off: a member's key does not say that the access on which it stood has ended.
      if (row.state === "off" && state !== "on")
        toast.failed(new ApiError(409, "key_access_ended", "The access on which this key stood has ended"));
    },
  });
  if (row.state !== "on" && row.state !== "off") return null;
  const word = row.state === "on" ? "Turn off" : "Turn on";
  return (
    <Button
      small
      busy={turn.isPending}
      aria-label={`${word} ${row.name ?? row.start}`}
      onClick={() => turn.mutate(row.state === "off")}
    >
      {word}
    </Button>
  );
}

const DAYS = ["7", "30", "90", "365"];

function Make({
  api,
  onClose,
  onMade,
}: {
  api: KeysApi;
  onClose: () => void;
  onMade: (made: { name: string; key: string }) => void;
}) {
  const [name, setName] = useState("");
  const [days, setDays] = useState("");
  const create = useChange(
    async () => ({
      name: name.trim(),
      key: await api.make({
        name: name.trim(),
        days: days === "" ? undefined : days === "never" ? null : Number(days),
      }),
    }),
    { stale: STALE, quiet: true, after: onMade },
  );
  return (
    <FormDialog title="Make an API key" action="Make it" ready={name.trim() !== ""} change={create} onClose={onClose}>
      <Field label="Name" hint="Which program uses it.">
        {(ids) => (
          <Input
            {...ids}
            value={name}
            maxLength={32}
            placeholder="Billing service"
            onChange={(e) => setName(e.target.value)}
          />
        )}
      </Field>
      <Field label="Expires">
        {(ids) => (
          <Select {...ids} value={days} onChange={(e) => setDays(e.target.value)}>
            <option value="">Default</option>
            {DAYS.map((one) => (
              <option key={one} value={one}>
                In {one} days
              </option>
            ))}
            <option value="never">Never</option>
          </Select>
        )}
      </Field>
    </FormDialog>
  );
}
