/** Codes that are sent to telephones. */
import { Banner, Button, Field, Input } from "@portico/ui";
import { type ReactNode, useState } from "react";
import type { Entry } from "../../api";
import { errorText } from "../../errors";
import { type Faults, Form } from "../../form";
import { useI18n } from "../../i18n";
import { CODE_FAULTS, NUMBER_FAULTS, numberFault, phone, readNumber } from "../../phone";
import { CodeField } from "./mailed";

export function NumberField({ error, value, label }: { error?: string | undefined; value?: string; label?: string }) {
  const { t } = useI18n();
  return (
    <Field label={label ?? t("field.phoneNumber")} error={error} hint={t("phone.hint")}>
      <Input name="phoneNumber" type="tel" inputMode="tel" autoComplete="tel" defaultValue={value ?? ""} />
    </Field>
  );
}

/** Takes the code that was sent to a number, and whatever else `extra` asks for. */
export function SentCode<Name extends string = never>({
  said,
  submitLabel,
  inline,
  send,
  another,
  submit,
  onError,
  extra,
}: {
  /** What is said of the message that is on its way. */
  said: string;
  submitLabel: string;
  inline?: boolean;
  /** Sends another one. */
  send: () => Promise<unknown>;
  /** Back to the number. */
  another: () => void;
  submit: (values: Record<"code" | Name, string>) => Promise<void>;
  onError?: (code: string) => boolean;
  extra?: {
    names: readonly Name[];
    check: (values: Record<Name, string>) => Faults<Name>;
    fieldOf: Partial<Record<string, Name>>;
    fields: (faults: Faults<Name>) => ReactNode;
  };
}) {
  const { t } = useI18n();
  const [sending, setSending] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const again = async () => {
    setSending(true);
    setFailure(null);
    try {
      await send();
    } catch (error) {
      setFailure(errorText(error));
    } finally {
      setSending(false);
    }
  };
  return (
    <>
      {/* What is said anew is read anew. */}
      <div role="status">
        {failure || sending ? null : (
          <Banner tone="success" title={t("signIn.codeTitle")}>
            {said}
          </Banner>
        )}
      </div>
      {failure ? (
        <Banner tone="danger" live>
          {failure}
        </Banner>
      ) : null}
      <Form<"code" | Name>
        names={["code", ...(extra?.names ?? [])]}
        submitLabel={submitLabel}
        inline={inline}
        check={(values) => {
          const faults: Faults<"code" | Name> = { ...extra?.check(values) };
          if (!values.code.trim()) Object.assign(faults, { code: t("error.CODE_MISSING") });
          return faults;
        }}
        fieldOf={{ ...extra?.fieldOf, ...CODE_FAULTS }}
        onError={onError}
        submit={(values) => submit({ ...values, code: values.code.trim() })}
        after={
          <>
            <Button block={!inline} loading={sending} onClick={() => void again()}>
              {t("signIn.sendAgain")}
            </Button>
            <Button block={!inline} variant="ghost" onClick={another}>
              {t("phone.another")}
            </Button>
          </>
        }
      >
        {(faults) => (
          <>
            <CodeField error={faults.code} />
            {extra?.fields(faults)}
          </>
        )}
      </Form>
    </>
  );
}

/** Sends a code to a number, and takes it. Asks for the name too where somebody new is meant. */
export function ByPhone({
  number: known,
  signUp,
  entered,
}: {
  /** Whose it is, where that is known. */
  number?: string;
  signUp?: boolean;
  entered: (entry: Entry) => Promise<void>;
}) {
  const { t } = useI18n();
  const [given, setGiven] = useState({ number: known ?? "", name: "", sent: false });
  const { number, name, sent } = given;
  if (sent) {
    return (
      <SentCode
        said={t(signUp ? "phone.sent" : "phone.sentIf", { number })}
        submitLabel={t(signUp ? "signUp.submit" : "signIn.submit")}
        send={() => phone.send(number)}
        another={() => setGiven({ ...given, sent: false })}
        submit={async ({ code }) => entered(await phone.enter(number, code, name))}
      />
    );
  }
  return (
    <Form
      names={["name", "phoneNumber"]}
      submitLabel={t("signIn.byPhone")}
      check={(values) => {
        const wrong = numberFault(values.phoneNumber);
        return {
          ...(signUp && !values.name.trim() ? { name: t("error.NAME_MISSING") } : {}),
          ...(wrong ? { phoneNumber: wrong } : {}),
        };
      }}
      fieldOf={NUMBER_FAULTS}
      submit={async (values) => {
        const to = readNumber(values.phoneNumber) ?? "";
        await phone.send(to);
        setGiven({ number: to, name: values.name.trim(), sent: true });
      }}
    >
      {(faults) => (
        <>
          {signUp ? (
            <Field label={t("field.name")} error={faults.name}>
              <Input name="name" autoComplete="name" maxLength={256} defaultValue={name} />
            </Field>
          ) : null}
          <NumberField error={faults.phoneNumber} value={number} />
        </>
      )}
    </Form>
  );
}
