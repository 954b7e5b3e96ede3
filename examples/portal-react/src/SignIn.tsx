import { useState } from "react";
import { authClient } from "./auth";
import { refreshElements } from "./elements";
import { CodeField, Form } from "./Form";

/** Whether a second factor is wanted before somebody is signed in. Portico asks for it on every way in, by a link too. */
const isWanted = () => new URLSearchParams(window.location.search).get("twoFactorRedirect") === "true";

export function SignIn() {
  const [step, setStep] = useState<"password" | "link" | "sent">("password");
  if (isWanted()) return <SecondStep />;
  if (step === "sent") return <p role="status">We have mailed you a link. Open it in this browser.</p>;
  const byLink = step === "link";
  return (
    <>
      <h1>Sign in to Contoso</h1>
      <Form
        label={byLink ? "Mail me a link" : "Sign in"}
        submit={async (field) => {
          const email = field("email");
          if (byLink) {
            const answer = await authClient.signIn.magicLink({ email, callbackURL: window.location.origin });
            if (!answer.error) setStep("sent");
            return answer;
          }
          const answer = await authClient.signIn.email({ email, password: field("password") });
          await refreshElements();
          return answer;
        }}
      >
        <label>
          Email
          <input name="email" type="email" autoComplete="username" required />
        </label>
        {!byLink && (
          <label>
            Password
            <input name="password" type="password" autoComplete="current-password" required />
          </label>
        )}
      </Form>
      <p>
        <button type="button" onClick={() => setStep(byLink ? "password" : "link")}>
          {byLink ? "Use the password" : "Use a link instead"}
        </button>
      </p>
    </>
  );
}

function SecondStep() {
  return (
    <>
      <h1>One more step</h1>
      <Form
        label="Go on"
        submit={async (field) => {
          const answer = await authClient.twoFactor.verifyTotp({ code: field("code") });
          if (!answer.error) window.history.replaceState(null, "", window.location.pathname);
          await refreshElements();
          return answer;
        }}
      >
        <CodeField />
      </Form>
    </>
  );
}
