/** What the steps share. */
import { Banner, Button } from "@portico/ui";
import { ArrowLeft } from "lucide-react";
import type { ReactNode } from "react";
import { errorText } from "../../errors";
import { useI18n } from "../../i18n";

export function Heading({ children, text }: { children: ReactNode; text?: ReactNode }) {
  return (
    <div className="hosted-step-head">
      <h2 tabIndex={-1}>{children}</h2>
      {text ? <p className="pt-muted">{text}</p> : null}
    </div>
  );
}

export function Buttons({ back, children }: { back?: (() => void) | undefined; children: ReactNode }) {
  const { t } = useI18n();
  return (
    <div className="hosted-buttons">
      {back ? (
        <Button onClick={back} icon={<ArrowLeft size={15} aria-hidden="true" />}>
          {t("common.back")}
        </Button>
      ) : (
        <span />
      )}
      <div className="pt-row">{children}</div>
    </div>
  );
}

export function Failure({ error }: { error: unknown }) {
  return error ? (
    <Banner tone="danger" live>
      {errorText(error)}
    </Banner>
  ) : null;
}
