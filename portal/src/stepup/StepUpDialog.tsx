// "Is it you?": asked before something dangerous, by passkey, else by password and code. Nobody is signed out by it.
import { useMutation, useQuery } from "@tanstack/react-query";
import { Fingerprint } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslations } from "use-intl";
import { stepUp, stepUpByPasskey } from "../api/factors";
import { hasStatus, hasType, SECOND_FACTOR } from "../api/problem";
import { profileQuery } from "../api/session";
import { hasPasskeys, PasskeyDeclined } from "../passkey/passkey";
import { tidyCode } from "../signin/steps";
import { Button, ButtonLink } from "../ui/Button";
import { Dialog, DialogActions } from "../ui/Dialog";
import formStyles from "../ui/Form.module.css";
import { ErrorNotice, Notice } from "../ui/Notice";
import overlay from "../ui/Overlay.module.css";
import { TextField } from "../ui/TextField";
import { settleProof } from "./asking";
import { type Way, waysOf } from "./ways";

export function StepUpDialog() {
  const t = useTranslations("stepup");
  const profile = useQuery({ ...profileQuery, enabled: false });
  const ways = waysOf(profile.data, hasPasskeys());
  const [chosen, setChosen] = useState<Way>();
  const way = chosen ?? ways.ways[0];
  const other = ways.ways.find((one) => one !== way);
  return (
    <Dialog top isOpen title={t("title")} onOpenChange={(open) => !open && settleProof(false)}>
      <p className={overlay.body}>{t("why")}</p>
      {way === "passkey" && <ByPasskey />}
      {way === "password" && <ByPassword withCode={ways.code} email={profile.data?.email} />}
      {way === undefined && <Neither />}
      {other !== undefined && (
        <Button variant="quiet" onPress={() => setChosen(other)}>
          {t(`use.${other}`)}
        </Button>
      )}
    </Dialog>
  );
}

const cancel = () => settleProof(false);
const proved = () => settleProof(true);

function ByPasskey() {
  const t = useTranslations("stepup");
  const ui = useTranslations("ui");
  const proving = useMutation({ mutationFn: stepUpByPasskey, onSuccess: proved });
  return (
    <>
      <Refused error={proving.error} />
      <DialogActions>
        <Button onPress={cancel}>{ui("cancel")}</Button>
        <Button variant="primary" icon={Fingerprint} autoFocus busy={proving.isPending} onPress={() => proving.mutate()}>
          {t("passkey")}
        </Button>
      </DialogActions>
    </>
  );
}

/** Nothing is left that could be asked for here: whoever signs in anew has proved it. */
function Neither() {
  const t = useTranslations("stepup");
  const ui = useTranslations("ui");
  return (
    <>
      <Notice tone="attention" title={t("neither")}>
        {t("neitherNext")}
      </Notice>
      <DialogActions>
        <Button onPress={cancel}>{ui("cancel")}</Button>
        <ButtonLink to="/signin" search={{ to: location.pathname + location.search }} variant="primary" onClick={cancel}>
          {t("again")}
        </ButtonLink>
      </DialogActions>
    </>
  );
}

function ByPassword({ withCode, email }: { withCode: boolean; email: string | undefined }) {
  const t = useTranslations("stepup");
  const words = useTranslations("signin");
  const ui = useTranslations("ui");
  const proving = useMutation({ mutationFn: stepUp, onSuccess: proved });
  const [given, setGiven] = useState({ password: "", code: "" });
  const [asked, setAsked] = useState(false);
  // Codes may have been switched on in another browser meanwhile.
  const wantsCode = withCode || hasType(proving.error, SECOND_FACTOR);
  const missing = { password: given.password === "", code: wantsCode && given.code.trim() === "" };
  function submit(event: FormEvent): void {
    event.preventDefault();
    setAsked(true);
    if (missing.password || missing.code) return;
    proving.mutate({ password: given.password, ...(wantsCode && { code: tidyCode(given.code) }) });
  }
  return (
    <form noValidate className={formStyles.form} onSubmit={submit}>
      {/* To ask for a code is no refusal. */}
      {!(hasType(proving.error, SECOND_FACTOR) && proving.variables?.code === undefined) && <Refused error={proving.error} />}
      {/* Password managers look for the account that a password belongs to. */}
      {email !== undefined && <input type="text" hidden readOnly autoComplete="username" value={email} />}
      <TextField
        label={words("password")}
        type="password"
        name="password"
        autoComplete="current-password"
        autoFocus
        value={given.password}
        onChange={(password) => setGiven({ ...given, password })}
        error={asked && missing.password ? words("passwordMissing") : undefined}
      />
      {wantsCode && (
        <TextField
          label={words("code")}
          help={t("codeHelp")}
          name="code"
          autoComplete="one-time-code"
          autoCapitalize="none"
          spellCheck={false}
          value={given.code}
          onChange={(code) => setGiven({ ...given, code })}
          error={asked && missing.code ? words("codeMissing") : undefined}
        />
      )}
      <DialogActions>
        <Button onPress={cancel}>{ui("cancel")}</Button>
        <Button type="submit" variant="primary" busy={proving.isPending}>
          {t("confirm")}
        </Button>
      </DialogActions>
    </form>
  );
}

function Refused({ error }: { error: unknown }) {
  const t = useTranslations("stepup");
  const words = useTranslations("signin");
  if (error === null || error instanceof PasskeyDeclined) return null;
  if (hasStatus(error, 401)) {
    return (
      <Notice tone="danger" live title={t("wrong")}>
        {t("wrongNext")}
      </Notice>
    );
  }
  if (hasStatus(error, 429)) {
    return (
      <Notice tone="attention" live title={words("often.title")}>
        {words("often.next")}
      </Notice>
    );
  }
  return <ErrorNotice error={error} />;
}
