import { CheckCircle2, CircleMinus, CircleX, FlaskConical } from "lucide-react";
import { useEffect, useState } from "react";
import { post } from "../../api/http";
import { directoryPath } from "../../api/queries";
import type { SelfTestCheck, SelfTestReport } from "../../api/types";
import { useChange, useOrg, useParam } from "../../components/hooks";
import { Badge, Button, Card, Code, Empty, Failure, Notice, SearchBox, Select } from "../../components/kit";
import { count, plural } from "../../lib/format";

const SHOWN = 100;

export function SelfTestPage() {
  const org = useOrg();
  const dir = useParam("dir");
  const run = useChange(() => post<SelfTestReport>(`${directoryPath(org, dir)}/self-test`), {
    quiet: true,
    stale: ["directories"],
  });
  const start = (
    <Button
      kind="primary"
      icon={<FlaskConical size={16} aria-hidden />}
      busy={run.isPending}
      onClick={() => run.mutate(undefined)}
    >
      {run.data ? "Run it again" : "Run the self-test"}
    </Button>
  );
  return (
    <div className="pc-stack">
      {!run.data && !run.isPending && (
        <Empty
          icon={<FlaskConical size={32} aria-hidden />}
          title="Check the endpoint as a provider would"
          action={start}
        >
          Several hundred checks of the SCIM standards and of what Okta, Entra ID and others do are run against this
          very directory, with a credential of its own for a few minutes. What is made for it is removed again. It takes
          up to a minute.
        </Empty>
      )}
      {run.isPending && <Running />}
      <Failure error={run.error} retry={() => run.mutate(undefined)} />
      {run.data && !run.isPending && <Report report={run.data} again={start} />}
    </div>
  );
}

function Running() {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const timer = window.setInterval(() => setSeconds((n) => n + 1), 1_000);
    return () => window.clearInterval(timer);
  }, []);
  return (
    <Card title="The checks are running">
      <div className="pc-progress" role="status">
        <progress aria-label="Running" />
        <span className="pt-muted pt-num">
          {plural(seconds, "second")} so far. Stay on this page: the results are shown here.
        </span>
      </div>
    </Card>
  );
}

function Report({ report, again }: { report: SelfTestReport; again: React.ReactNode }) {
  const [result, setResult] = useState(report.failed > 0 ? "failed" : "");
  const [text, setText] = useState("");
  const [all, setAll] = useState(false);
  const wanted = report.checks.filter(
    (check) =>
      (result === "" || check.result === result) &&
      `${check.title} ${check.source} ${check.id}`.toLowerCase().includes(text.toLowerCase()),
  );
  const shown = all ? wanted : wanted.slice(0, SHOWN);
  return (
    <>
      <Notice
        tone={report.conforms ? "success" : "danger"}
        title={
          report.conforms
            ? "The endpoint does all that the standards demand"
            : "Something that the standards demand failed"
        }
        action={again}
      >
        {plural(report.passed, "check")} passed, {count(report.failed)} failed, {count(report.skipped)} skipped, with{" "}
        {plural(report.requests, "request")} in {(report.duration_ms / 1000).toFixed(1)} s.
      </Notice>
      {report.leftovers.length > 0 && (
        <Notice tone="warning" title="Some things that were made for the test could not be removed">
          <ul className="pc-list">
            {report.leftovers.map((one) => (
              <li key={one}>
                <code>{one}</code>
              </li>
            ))}
          </ul>
        </Notice>
      )}
      <Card title="Results">
        <div className="pc-toolbar">
          <SearchBox label="Search checks" value={text} onChange={setText} />
          <Select aria-label="Result" value={result} onChange={(e) => setResult(e.target.value)}>
            <option value="">All ({count(report.checks.length)})</option>
            <option value="failed">Failed ({count(report.failed)})</option>
            <option value="passed">Passed ({count(report.passed)})</option>
            <option value="skipped">Skipped ({count(report.skipped)})</option>
          </Select>
        </div>
        <ul className="pc-checks">
          {shown.map((check) => (
            <Check key={check.id} check={check} />
          ))}
        </ul>
        {wanted.length === 0 && <p className="pt-muted">No check matches.</p>}
        {wanted.length > shown.length && <Button onClick={() => setAll(true)}>Show all {count(wanted.length)}</Button>}
      </Card>
    </>
  );
}

const ICONS = {
  passed: <CheckCircle2 size={16} color="var(--success)" aria-label="Passed" />,
  failed: <CircleX size={16} color="var(--danger)" aria-label="Failed" />,
  skipped: <CircleMinus size={16} color="var(--text-3)" aria-label="Skipped" />,
};

function Check({ check }: { check: SelfTestCheck }) {
  const head = (
    <span className="pt-row">
      {ICONS[check.result as keyof typeof ICONS] ?? <Badge>{check.result}</Badge>}
      <span>{check.title}</span>
      <span className="pt-muted pt-small">{check.source}</span>
    </span>
  );
  if (!check.detail && check.exchanges.length === 0) return <li>{head}</li>;
  return (
    <li>
      <details>
        <summary>{head}</summary>
        {check.detail && <p>{check.detail}</p>}
        {check.exchanges.map((exchange, i) => (
          <Code
            // biome-ignore lint/suspicious/noArrayIndexKey: a fixed record of what was asked, in order
            key={i}
            label={`${exchange.request} → ${exchange.status ?? "no answer"}`}
          >
            {[exchange.body, exchange.answer].filter(Boolean).join("\n\n")}
          </Code>
        ))}
      </details>
    </li>
  );
}
