// A television or speaker asks to act in one's name: its code is typed or confirmed here.
import { useMutation } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { type FormEvent, useRef, useState } from "react";
import { useTranslations } from "use-intl";
import { decideDevice, type DeviceRequest, lookAtDevice } from "../api/oauth";
import { hasStatus } from "../api/problem";
import { useProfile } from "../api/session";
import { Entry, EntryStack } from "../signin/Entry";
import { isUsedUp } from "../signin/LinkAct";
import entry from "../signin/Entry.module.css";
import { Button, ButtonLink } from "../ui/Button";
import { classes } from "../ui/classes";
import { useFocusOnWrong } from "../ui/focus-wrong";
import { ErrorNotice, Notice } from "../ui/Notice";
import { TextField } from "../ui/TextField";
import { AccountLine } from "./AccountLine";
import { askedFrom } from "./asked-from";
import { Asked, Origin } from "./Asker";
import styles from "./OAuth.module.css";
import { shownUserCode, tidyUserCode } from "./user-code";

const route = getRouteApi("/_known/device");

export function DeviceCodePage() {
  const { user_code: given } = route.useSearch();
  const look = useMutation({ mutationFn: lookAtDevice });
  if (look.data !== undefined) return <Question code={look.variables} asked={look.data} onBack={() => look.reset()} />;
  return <EnterCode given={given} busy={look.isPending} error={look.error} onCode={(code) => look.mutate(code)} />;
}

interface EnterProps {
  given: string | undefined;
  busy: boolean;
  error: unknown;
  onCode: (code: string) => void;
}

function EnterCode({ given, busy, error, onCode }: EnterProps) {
  const t = useTranslations("oauth.device");
  const [code, setCode] = useState(shownUserCode(given ?? ""));
  const [asked, setAsked] = useState(false);
  const [incomplete, setIncomplete] = useState<object>();
  const place = useRef<HTMLFormElement>(null);
  useFocusOnWrong(place, incomplete);
  function submit(event: FormEvent): void {
    event.preventDefault();
    setAsked(true);
    if (tidyUserCode(code) === "") setIncomplete({});
    else onCode(shownUserCode(code));
  }
  return (
    <Entry title={t("title")} lead={t(given === undefined ? "lead" : "leadGiven")}>
      <form ref={place} noValidate className={classes(entry.form, styles.code)} onSubmit={submit}>
        <Refused error={error} />
        <TextField
          label={t("code")}
          name="user_code"
          value={code}
          onChange={setCode}
          onBlur={() => setCode(shownUserCode(code))}
          autoFocus
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
          error={asked && tidyUserCode(code) === "" ? t("missing") : undefined}
        />
        <Button type="submit" variant="primary" busy={busy}>
          {t("on")}
        </Button>
      </form>
    </Entry>
  );
}

function Refused({ error }: { error: unknown }) {
  const t = useTranslations("oauth.device");
  const often = useTranslations("signin.often");
  if (error === null || error === undefined) return null;
  if (hasStatus(error, 429)) return <Notice tone="attention" live title={often("title")}>{often("next")}</Notice>;
  if (isUsedUp(error) || hasStatus(error, 422)) return <Notice tone="danger" live title={t("unknown")}>{t("unknownNext")}</Notice>;
  return <ErrorNotice error={error} />;
}

function useFrom(line: string): string {
  const t = useTranslations("security");
  const { browser, system, address } = askedFrom(line);
  const program = browser !== undefined && system !== undefined ? t("program", { browser, system }) : system;
  return [program, address].filter((part) => part !== undefined).join(", ");
}

function Question({ code, asked, onBack }: { code: string; asked: DeviceRequest; onBack: () => void }) {
  const t = useTranslations("oauth.device");
  const ask = useTranslations("oauth.ask");
  const profile = useProfile();
  const from = useFrom(asked.from ?? "");
  const decide = useMutation({ mutationFn: (allow: boolean) => decideDevice({ user_code: code, allow }) });
  if (decide.isSuccess) {
    const allowed = decide.variables;
    return (
      <Entry title={t(allowed ? "allowed" : "denied")} lead={t(allowed ? "allowedWhat" : "deniedWhat", { name: asked.client.name })}>
        <EntryStack>
          <ButtonLink to="/">{ask("home")}</ButtonLink>
        </EntryStack>
      </Entry>
    );
  }
  const answering = (allow: boolean) => decide.isPending && decide.variables === allow;
  return (
    <Entry wide title={ask("title", { name: asked.client.name })}>
      <EntryStack>
        <div className={styles.asker}>
          <Origin client={asked.client} />
        </div>
        <Notice tone="attention" title={t("same", { code })}>
          {from === "" ? t("sameWhat") : t("sameWhatFrom", { from })}
        </Notice>
        <Asked client={asked.client} scopes={asked.scopes.map(({ name }) => name)} />
        <AccountLine name={profile.name} email={profile.email} to={location.pathname + location.search} />
        {decide.error !== null && <Refused error={decide.error} />}
        <div className={styles.decide}>
          <Button busy={answering(false)} onPress={() => decide.mutate(false)}>
            {ask("deny")}
          </Button>
          <Button variant="primary" busy={answering(true)} onPress={() => decide.mutate(true)}>
            {ask("allow")}
          </Button>
        </div>
        <Button variant="quiet" onPress={onBack}>
          {t("otherCode")}
        </Button>
      </EntryStack>
    </Entry>
  );
}
