/**
 * The whole resource of a person: what the server last answered the directory with, which has everything that it ever said,
 * extensions included. It is read from the request log, as long as that is kept.
 */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { get } from "../../api/http";
import { directoryPath } from "../../api/queries";
import type { Page, ScimRequest } from "../../api/types";
import { useOrg, useParam } from "../../components/hooks";
import { Code, Failure, Spinner, Time } from "../../components/kit";
import { json } from "../../lib/format";
import { answersWhole, isResource } from "../../lib/resource";

/** How many of the latest requests are looked through, and how many of them in full. */
const LATEST = 50;
const OPENED = 3;

export function Resource() {
  const org = useOrg();
  const dir = useParam("dir");
  const personId = useParam("personId");
  const [open, setOpen] = useState(false);
  const path = `${directoryPath(org, dir)}/requests`;
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ["directories", dir, "resource", personId],
    queryFn: async ({ signal }) => {
      const { data: latest } = await get<Page<ScimRequest>>(path, { person: personId, limit: LATEST }, signal);
      for (const { id } of latest.filter(answersWhole).slice(0, OPENED)) {
        const request = await get<ScimRequest>(`${path}/${id}`, undefined, signal);
        if (isResource(request.answer, personId)) return request;
      }
      return null;
    },
    enabled: open,
  });
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>The whole SCIM resource</summary>
      <Failure error={error} retry={() => void refetch()} />
      {open && isPending && <Spinner />}
      {data === null && (
        <p className="pt-muted">
          The request log has no answer any more that shows it. The next change by the directory brings one.
        </p>
      )}
      {data && (
        <>
          <p className="pt-muted pt-small">
            As the directory was told <Time ms={data.created_at} />, by{" "}
            <Link to="/o/$org/directories/$dir/requests/$requestId" params={{ org, dir, requestId: data.id }}>
              this request
            </Link>
            .{data.masked && " Your role shows its structure only: whoever manages directories sees all."}
          </p>
          <Code label="SCIM resource">{json(data.answer)}</Code>
        </>
      )}
    </details>
  );
}
