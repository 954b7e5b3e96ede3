import { Banner, Button } from "@portico/ui";
import { useEffect, useState } from "react";
import type { Entry } from "../api";
import { useInstance, useSession } from "../context";
import { keyOfCode } from "../errors";
import { finish } from "../flow";
import { useI18n } from "../i18n";
import { formOf, lastMethod } from "../last-method";
import { Aside, AuthLayout, PageTitle, Person, useSignOut } from "../layout";
import { mailboxOf } from "../person";
import { withFlow } from "../redirect";
import { navigate, useAddress } from "../router";
import { LastUsed } from "./sign-in/last-used";
import { ByCode, ByLink } from "./sign-in/mailed";
import { ByPasskey, usePasskeys } from "./sign-in/passkey";
import { ByPassword } from "./sign-in/password";
import { ByPhone } from "./sign-in/phone";
import { Social } from "./sign-in/social";
import { TwoFactor } from "./sign-in/two-factor";
import { factorsIn, type Way, waysOf } from "./sign-in/ways";

const CHANGE = {
  password: "signIn.byPassword",
  link: "signIn.byLink",
  code: "signIn.byCode",
  phone: "signIn.byPhone",
} as const;

export default function SignIn() {
  const { t } = useI18n();
  const { instance, brand, known } = useInstance();
  const session = useSession();
  const { search, params } = useAddress();
  const signOut = useSignOut();
  const passkeys = usePasskeys();
  const [chosen, setChosen] = useState<Way | null>(null);
  const [factors, setFactors] = useState(() => factorsIn(params));
  // Who proves themselves anew has been asked while the session of before is still known here.
  const [asked, setAsked] = useState(false);
  // While a form below leads on, it stays.
  const [leaving, setLeaving] = useState(false);
  const again = params.get("reauthenticate") === "1";
  // Until the second factor is shown a visitor goes on as one.
  const visits = session.data?.user.isAnonymous === true;
  // A link or a service has led here, and the session is there: nobody has to press anything.
  const came = params.get("came") === "1" && Boolean(session.data) && !again && !(factors && visits);
  useEffect(() => {
    if (came) void finish(search);
  }, [came, search]);

  const go = async () => {
    // The pages that follow look at the session: it has to be there before they are.
    setLeaving(true);
    await session.reload();
    await finish(search);
  };
  const entered = async (entry: Entry) => {
    if ("twoFactorRedirect" in entry) {
      setFactors(entry.twoFactorMethods);
      setAsked(true);
    } else await go();
  };

  if (factors && (asked || visits || !session.data)) {
    const over = () => {
      setFactors(null);
      setAsked(false);
      navigate(withFlow("/sign-in", search, again ? { reauthenticate: "1" } : {}), { replace: true });
    };
    return (
      <AuthLayout>
        <TwoFactor methods={factors} entered={go} over={over} />
      </AuthLayout>
    );
  }

  // Somebody who comes here signed in may go on, or change. Where a browser keeps several people, one more may come.
  const several = instance.methods.multi_session?.enabled ?? false;
  const adds = several && params.get("add") === "1";
  if (session.data && !again && !adds && !leaving) {
    return (
      <AuthLayout>
        <PageTitle>{t("signIn.alreadyTitle")}</PageTitle>
        <Person user={session.data.user} />
        <div className="pt-stack">
          <Button variant="primary" block onClick={() => void finish(search)}>
            {t("common.continue")}
          </Button>
          <Button
            block
            onClick={() => {
              if (several) navigate(withFlow("/sign-in", search, { add: "1" }));
              else void signOut(withFlow("/sign-in", search));
            }}
          >
            {t("signIn.another")}
          </Button>
        </div>
      </AuthLayout>
    );
  }

  const { methods } = instance;
  const ways = waysOf(methods);
  const last = lastMethod(methods);
  const lastForm = formOf(last);
  const way = [chosen, lastForm].find((one) => one !== null && ways.includes(one)) ?? ways[0];
  const social = methods.social ?? [];
  const before = again ? session.data?.user : undefined;
  const email = params.get("email") ?? (before && mailboxOf(before)) ?? "";
  const number = before?.phoneNumber ?? "";
  const stays = { ...(again ? { reauthenticate: "1" } : {}), ...(adds ? { add: "1" } : {}) };
  const failed = withFlow("/sign-in", search, stays);
  const callback = withFlow("/sign-in", search, { came: "1" });
  const error = params.get("error");
  return (
    <AuthLayout
      below={
        (methods.email_password.sign_up_enabled || methods.phone_number?.sign_up_enabled) && !again ? (
          <Aside text={t("signIn.noAccount")} href={withFlow("/sign-up", search)} label={t("signIn.signUp")} />
        ) : null
      }
    >
      <PageTitle>{again ? t("signIn.againTitle") : t("signIn.title", { name: brand.name })}</PageTitle>
      {again ? <p className="pt-muted">{t("signIn.againText")}</p> : null}
      {params.get("reset") === "1" ? <Banner tone="success">{t("signIn.afterReset")}</Banner> : null}
      {error ? (
        <Banner tone="danger" live>
          {t(keyOfCode(error))}
        </Banner>
      ) : null}
      {passkeys ? <ByPasskey entered={go} fills last={last === "passkey"} /> : null}
      {social.length > 0 ? <Social providers={social} callback={callback} failed={failed} last={last} /> : null}
      {(passkeys || social.length > 0) && way ? <p className="hosted-or">{t("signIn.or")}</p> : null}
      {way && way === lastForm ? <p className="pt-muted pt-small">{t("signIn.lastUsedHere")}</p> : null}
      {way === "password" ? <ByPassword email={email || number} search={search} entered={entered} /> : null}
      {way === "link" ? <ByLink email={email} callback={callback} failed={failed} /> : null}
      {way === "code" ? <ByCode email={email} entered={entered} /> : null}
      {way === "phone" ? <ByPhone number={number} entered={entered} /> : null}
      {ways.length > 1 ? (
        <div className="pt-stack">
          {ways
            .filter((one) => one !== way)
            .map((one) => (
              <Button key={one} block variant="ghost" onClick={() => setChosen(one)}>
                {t(CHANGE[one])}
                {one === lastForm ? <LastUsed /> : null}
              </Button>
            ))}
        </div>
      ) : null}
      {!way && social.length === 0 && !passkeys && known ? <Banner tone="info">{t("signIn.noMethod")}</Banner> : null}
    </AuthLayout>
  );
}
