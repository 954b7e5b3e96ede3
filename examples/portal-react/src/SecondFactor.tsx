import { useState } from "react";
import { authClient } from "./auth";
import { CodeField, Form } from "./Form";

/** Sets an authenticator app up: the password, then a code that shows that the app has the key. */
export function SecondFactor({ enabled }: { enabled: boolean }) {
  const [key, setKey] = useState("");
  return (
    <section aria-labelledby="factor">
      <h2 id="factor">Second factor</h2>
      {enabled ? (
        <p>An app is asked for when you sign in.</p>
      ) : key ? (
        <Form label="Confirm" submit={(field) => authClient.twoFactor.verifyTotp({ code: field("code") })}>
          <p>
            Give your app this key: <code>{key}</code>
          </p>
          <CodeField />
        </Form>
      ) : (
        <Form
          label="Set up an app"
          submit={async (field) => {
            const answer = await authClient.twoFactor.enable({ password: field("current") });
            if (answer.data && "totpURI" in answer.data) {
              setKey(new URL(answer.data.totpURI).searchParams.get("secret") ?? "");
            }
            return answer;
          }}
        >
          <label>
            Your password
            <input name="current" type="password" autoComplete="current-password" required />
          </label>
        </Form>
      )}
    </section>
  );
}
