import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { post, remove } from "../../api/http";
import { directoryPath, directoryQuery } from "../../api/queries";
import type { Directory } from "../../api/types";
import { useChange, useOrg, useParam } from "../../components/hooks";
import { Button, Card, Confirm, Spinner } from "../../components/kit";
import { plural } from "../../lib/format";
import { Form } from "./settings/form";
import { SetupLinks } from "./settings/setup-links";

export function DirectorySettingsPage() {
  const org = useOrg();
  const dir = useParam("dir");
  const { data } = useQuery(directoryQuery(org, dir));
  if (!data) return <Spinner />;
  return (
    <div className="pc-stack">
      <Running directory={data} />
      <Form key={data.id} directory={data} />
      <SetupLinks />
      <Disconnect directory={data} />
    </div>
  );
}

function Running({ directory }: { directory: Directory }) {
  const org = useOrg();
  const path = directoryPath(org, directory.id);
  const [asks, setAsks] = useState(false);
  const pause = useChange(() => post(`${path}/pause`), {
    stale: ["directories"],
    quiet: true,
    done: "The directory is paused",
  });
  const resume = useChange(() => post(`${path}/resume`), {
    stale: ["directories"],
    done: "The directory is active again",
  });
  if (directory.state === "tripped") return null;
  return (
    <Card
      title="Syncing"
      action={
        directory.state === "paused" ? (
          <Button kind="primary" busy={resume.isPending} onClick={() => resume.mutate(undefined)}>
            Resume
          </Button>
        ) : (
          <Button onClick={() => setAsks(true)}>Pause</Button>
        )
      }
    >
      <p className="pt-muted">
        {directory.state === "paused"
          ? "Every request is answered with 503 and changes nothing."
          : "While a directory is paused the identity provider waits. Nobody loses or gains access by it."}
      </p>
      <Confirm
        open={asks}
        onClose={() => setAsks(false)}
        title="Pause the directory?"
        action="Pause"
        onConfirm={() => pause.mutateAsync(undefined)}
      >
        Every request is answered with 503 until you resume it. People whom you deactivate in the identity provider keep
        their access meanwhile. Okta gives up after ten attempts and then wants its failed tasks retried by hand.
      </Confirm>
    </Card>
  );
}

function Disconnect({ directory }: { directory: Directory }) {
  const org = useOrg();
  const navigate = useNavigate();
  const [asks, setAsks] = useState(false);
  const disconnect = useChange(() => remove(directoryPath(org, directory.id)), {
    stale: ["directories", "members"],
    quiet: true,
    done: "The directory is being disconnected",
    after: () => void navigate({ to: "/o/$org/directories", params: { org } }),
  });
  return (
    <Card
      tone="danger"
      title="Disconnect"
      action={
        <Button kind="danger" onClick={() => setAsks(true)}>
          Disconnect
        </Button>
      }
    >
      <p className="pt-muted">Refuses its credentials at once and then suspends its people one by one.</p>
      <Confirm
        open={asks}
        onClose={() => setAsks(false)}
        title={`Disconnect “${directory.name}”?`}
        action="Disconnect"
        typed={directory.name}
        onConfirm={() => disconnect.mutateAsync(undefined)}
      >
        Its credentials are refused at once. Then the {plural(directory.counts.users, "person", "people")} whom it
        carries are suspended, and their sessions end, unless another directory of the organization carries them too.
        Each gets a receipt. It cannot be taken back.
      </Confirm>
    </Card>
  );
}
