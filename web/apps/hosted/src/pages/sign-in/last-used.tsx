import { Badge } from "@portico/ui";
import { useI18n } from "../../i18n";

/** Says on a button that it is the way in which was taken last. */
export function LastUsed() {
  const { t } = useI18n();
  return (
    <>
      {" "}
      <Badge tone="info">{t("signIn.lastUsed")}</Badge>
    </>
  );
}
