import { Banner, Button, useCopy, useUiStrings } from "@portico/ui";
import { Check, Copy, Download } from "lucide-react";
import { useInstance, useSession } from "../../../context";
import { useI18n } from "../../../i18n";

/** Gives a text to the browser as a file. */
function save(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

/** Backup codes, which are shown this once. */
export function BackupCodes({ codes, done }: { codes: readonly string[]; done: () => void }) {
  const { t } = useI18n();
  const { instance } = useInstance();
  const session = useSession();
  const strings = useUiStrings();
  const { state, copy } = useCopy();
  const said = state === "copied" ? strings.copied : state === "failed" ? strings.copyFailed : "";
  return (
    <div className="pt-stack">
      <Banner tone="warning" live>
        {t("backup.once")}
      </Banner>
      <ol className="hosted-codes" aria-label={t("backup.title")}>
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ol>
      <div className="pt-row">
        <Button
          icon={state === "copied" ? <Check size={15} aria-hidden="true" /> : <Copy size={15} aria-hidden="true" />}
          onClick={() => void copy(codes.join("\n"))}
        >
          {state === "copied" ? strings.copied : t("backup.copy")}
        </Button>
        <Button
          icon={<Download size={15} aria-hidden="true" />}
          onClick={() => {
            const head = t("backup.file", { name: instance.name, email: session.data?.user.email ?? "" });
            save("backup-codes.txt", `${head}\n\n${codes.join("\n")}\n`);
          }}
        >
          {t("backup.download")}
        </Button>
      </div>
      <span role="status" className={state === "failed" ? "pt-field-error" : "pt-sr-only"}>
        {said}
      </span>
      <Button variant="primary" onClick={done}>
        {t("backup.kept")}
      </Button>
    </div>
  );
}
