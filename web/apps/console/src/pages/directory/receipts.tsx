import { useQuery } from "@tanstack/react-query";
import { Download, FileCheck } from "lucide-react";
import { get } from "../../api/http";
import { useNames } from "../../api/names";
import { directoryPath, instanceQuery, useList } from "../../api/queries";
import type { Receipt } from "../../api/types";
import { useListState, useOrg, useParam } from "../../components/hooks";
import { Badge, Button, Code, Dialog, Empty, Facts, Failure, SearchBox, Spinner, Time } from "../../components/kit";
import { Mentioned } from "../../components/named";
import { List } from "../../components/table";
import { at, count, json, words } from "../../lib/format";

const SCOPES: Record<string, string> = {
  account: "All access of the account",
  organization: "Access to this organization",
};

export function ReceiptsPage() {
  const org = useOrg();
  const dir = useParam("dir");
  const path = `${directoryPath(org, dir)}/receipts`;
  const [search, setSearch] = useListState();
  const person = search.person ? String(search.person) : "";
  const open = search.receipt ? String(search.receipt) : null;
  const { receipt: _, ...list } = search;
  const query = useList<Receipt>(
    ["directories", dir, "receipts"],
    path,
    list,
    person.startsWith("user_") ? { user_id: person } : { directory_user_id: person },
  );
  const names = useNames(org, (query.data?.data ?? []).map(mentionOf));
  return (
    <div className="pc-stack">
      <p className="pt-muted">
        A receipt is signed proof that access ended: whose, when, by which request, and what was revoked. Anybody can
        check it with the instance's public keys.
      </p>
      <List
        label="Receipts"
        query={query}
        rowKey={(row) => row.id}
        search={list}
        onSearch={setSearch}
        toolbar={
          <SearchBox label="Id of a person" value={person} onChange={(text) => setSearch({ person: text.trim() })} />
        }
        empty={
          <Empty icon={<FileCheck size={32} aria-hidden />} title="No receipts yet">
            There is one for everybody whose access the directory ends.
          </Empty>
        }
        columns={[
          {
            head: "Person",
            grow: true,
            cell: (row) => <Mentioned what={row.directory_user_id} named={names(row.directory_user_id)} />,
          },
          { head: "Cause", cell: (row) => <Badge>{words(row.cause)}</Badge> },
          { head: "What ended", cell: (row) => SCOPES[row.scope] ?? words(row.scope) },
          { head: "When", cell: (row) => <Time ms={row.created_at} /> },
          {
            head: "_Actions",
            end: true,
            cell: (row) => (
              <Button small onClick={() => setSearch({ receipt: row.id })}>
                Show
              </Button>
            ),
          },
        ]}
      />
      {open && <Detail path={`${path}/${open}`} id={open} onClose={() => setSearch({ receipt: "" })} />}
    </div>
  );
}

/** Whose access ended, as the directory calls them; the account besides, which is there longer. */
const mentionOf = ({ directory_user_id: id, directory_id, organization_id, user_id }: Receipt) => ({
  id,
  directory: directory_id,
  organization: organization_id,
  facts: { id, user_id },
});

function save(name: string, text: string, type: string) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

function Detail({ path, id, onClose }: { path: string; id: string; onClose: () => void }) {
  const { data, error } = useQuery({
    queryKey: ["directories", "receipt", id],
    queryFn: ({ signal }) => get<Receipt>(path, undefined, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const org = useOrg();
  const names = useNames(org, data ? [mentionOf(data)] : []);
  const instance = useQuery(instanceQuery);
  const base = instance.data?.base_url ?? window.location.origin;
  const revoked = data?.payload?.revoked as Record<string, number> | undefined;
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title="Receipt"
      footer={
        data && (
          <>
            <Button
              icon={<Download size={16} aria-hidden />}
              onClick={() => save(`${id}.json`, json(data), "application/json")}
            >
              Download the receipt (JSON)
            </Button>
            <Button
              kind="primary"
              icon={<Download size={16} aria-hidden />}
              onClick={() => save(`${id}.jws`, data.signature, "application/jose")}
            >
              Download the JWS
            </Button>
          </>
        )
      }
    >
      <Failure error={error} />
      {!data && !error && <Spinner />}
      {data && (
        <>
          <Facts
            items={[
              [
                "Person",
                <Mentioned key="p" what={data.directory_user_id} named={names(data.directory_user_id)} whole />,
              ],
              data.user_id ? ["Account", <code key="a">{data.user_id}</code>] : null,
              ["Cause", words(data.cause)],
              ["What ended", SCOPES[data.scope] ?? words(data.scope)],
              ["When", at(data.created_at)],
              ["Request", <code key="r">{data.request_id}</code>],
              ...Object.entries(revoked ?? {}).map(
                ([what, n]) =>
                  [`${words(what)} ended`, typeof n === "number" ? count(n) : String(n)] as [string, string],
              ),
            ]}
          />
          <details>
            <summary>What was signed</summary>
            <Code label="Payload">{json(data.payload)}</Code>
          </details>
          <div className="pc-stack">
            <h3>How to verify it</h3>
            <p className="pt-muted">
              With the public keys of this instance and the <code>portico</code> command, on any machine. No account is
              needed.
            </p>
            <Code label="Commands">
              {`curl -s ${base}/.well-known/jwks.json > jwks.json\nportico receipt verify ${id}.json --jwks jwks.json --issuer ${base}`}
            </Code>
          </div>
        </>
      )}
    </Dialog>
  );
}
