// Who one is here: name, e-mail address, language, time zone, units, and what one is written about.
import { Link } from "@tanstack/react-router";
import { useMutation } from "@tanstack/react-query";
import { Mail } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { changeEmail, sendConfirmation, useChangeProfile } from "../api/account";
import { useProfile } from "../api/session";
import { useLanguage } from "../app/Providers";
import { isLanguage, LANGUAGES } from "../i18n/languages";
import { Row } from "../ui/Row";
import { Breadcrumb } from "../ui/Breadcrumb";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { ErrorNotice, Notice } from "../ui/Notice";
import { Page } from "../ui/Page";
import { PlainForm } from "../ui/PlainForm";
import { Card, Section } from "../ui/Section";
import { Select } from "../ui/Select";
import { TextField } from "../ui/TextField";
import { showToast } from "../ui/toasts";
import { Toggle } from "../ui/Toggle";
import { zonesWith } from "./zones";

export function ProfilePage() {
  const t = useTranslations("profile");
  const settings = useTranslations("settings")("title");
  return (
    <Page title={t("title")} subtitle={t("what")} breadcrumb={<Breadcrumb steps={[{ key: "settings", link: <Link to="/settings">{settings}</Link> }]} />}>
      <Unconfirmed />
      <Section title={t("you")}>
        <Card>
          <You />
        </Card>
      </Section>
      <Email />
      <Notified />
      <DataChoices />
    </Page>
  );
}

/** Mails that matter go to an address that was never shown to be theirs: that is said until it is. */
function Unconfirmed() {
  const t = useTranslations("profile.email");
  const { email, email_verified_at: verified } = useProfile();
  const send = useMutation({ mutationFn: sendConfirmation });
  if (verified != null) return null;
  return (
    <>
      <Notice
        tone={send.isSuccess ? "ok" : "attention"}
        live={send.isSuccess}
        title={t(send.isSuccess ? "sent" : "unconfirmed", { email })}
        action={
          !send.isSuccess && (
            <Button size="small" busy={send.isPending} onPress={() => send.mutate()}>
              {t("send")}
            </Button>
          )
        }
      >
        {t(send.isSuccess ? "sentWhat" : "unconfirmedWhat")}
      </Notice>
      {send.error !== null && <ErrorNotice error={send.error} />}
    </>
  );
}

function You() {
  const t = useTranslations("profile");
  const names = useTranslations("app.languages");
  const profile = useProfile();
  const { language, choose } = useLanguage();
  const change = useChangeProfile();
  const zone = profile.time_zone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const initial = {
    name: profile.name,
    language: isLanguage(profile.language) ? profile.language : language,
    time_zone: zone,
    units: profile.units,
  };
  async function save(values: Record<keyof typeof initial, string>): Promise<void> {
    const { name, time_zone } = values;
    const chosen = isLanguage(values.language) ? values.language : language;
    await change.mutateAsync({ name, time_zone, language: chosen, units: values.units === "imperial" ? "imperial" : "metric" });
    await choose(chosen);
    showToast({ tone: "ok", title: t("saved") });
  }
  return (
    <PlainForm initial={initial} submit={t("save")} onSubmit={save}>
      {(field) => (
        <>
          <TextField {...field("name")} label={t("name")} autoComplete="name" />
          <Select {...field("language")} label={t("language")} help={t("languageHelp")} items={LANGUAGES.map((id) => ({ id, label: names(id) }))} />
          <Select {...field("time_zone")} label={t("zone")} help={t("zoneHelp")} items={zonesWith(zone).map((id) => ({ id, label: id.replaceAll("_", " ") }))} />
          <Select {...field("units")} label={t("units.label")} help={t("units.help")} items={UNITS.map((id) => ({ id, label: t(`units.${id}`) }))} />
        </>
      )}
    </PlainForm>
  );
}

const UNITS = ["metric", "imperial"] as const;

function Email() {
  const t = useTranslations("profile.email");
  const profile = useProfile();
  const [open, setOpen] = useState(false);
  const [sent, setSent] = useState<string>();
  async function ask({ email }: { email: string }): Promise<void> {
    await changeEmail(email);
    setSent(email);
    setOpen(false);
  }
  return (
    <Section title={t("title")}>
      <Card flush>
        <Row name={profile.email} detail={t(profile.email_verified_at == null ? "notYet" : "confirmed")}>
          <Button icon={Mail} onPress={() => setOpen(true)}>
            {t("change")}
          </Button>
        </Row>
      </Card>
      {sent !== undefined && (
        <Notice tone="ok" live title={t("sent", { email: sent })}>
          {t("changeSent")}
        </Notice>
      )}
      <Dialog title={t("change")} isOpen={open} onOpenChange={setOpen}>
        <p>{t("changeWhat")}</p>
        <PlainForm initial={{ email: "" }} submit={t("ask")} onSubmit={ask}>
          {(field) => <TextField {...field("email")} type="email" label={t("new")} autoComplete="email" autoFocus />}
        </PlainForm>
      </Dialog>
    </Section>
  );
}

const OPTIONAL = ["alarms", "invitations", "product"] as const;

function Notified() {
  const t = useTranslations("profile.notifications");
  const { notifications } = useProfile();
  const change = useChangeProfile();
  // What was asked for shows at once as under way, never as done.
  const wanted = change.isPending ? change.variables.notifications : undefined;
  return (
    <Section title={t("title")}>
      <Card flush>
        <Row name={t("security.name")} detail={t("security.what")}>
          <Toggle isSelected isDisabled aria-label={t("security.name")} />
        </Row>
        {OPTIONAL.map((kind) => (
          <Row key={kind} name={t(`${kind}.name`)} detail={t(`${kind}.what`)}>
            <Toggle
              aria-label={t(`${kind}.name`)}
              isSelected={notifications[kind] === true}
              pending={wanted?.[kind] !== undefined && wanted[kind] !== notifications[kind]}
              onChange={(on) => change.mutate({ notifications: { [kind]: on } })}
            />
          </Row>
        ))}
      </Card>
      {change.error !== null && <ErrorNotice error={change.error} />}
    </Section>
  );
}

const DATA = ["usage_statistics", "comparisons"] as const;

/** Nothing, unless they say so. */
function DataChoices() {
  const t = useTranslations("profile.data");
  const { data } = useProfile();
  const change = useChangeProfile();
  const wanted = change.isPending ? change.variables.data : undefined;
  return (
    <Section title={t("title")}>
      <Card flush>
        {DATA.map((kind) => (
          <Row key={kind} name={t(`${kind}.name`)} detail={t(`${kind}.what`)}>
            <Toggle
              aria-label={t(`${kind}.name`)}
              isSelected={data[kind] === true}
              pending={wanted?.[kind] !== undefined && wanted[kind] !== data[kind]}
              onChange={(on) => change.mutate({ data: { [kind]: on } })}
            />
          </Row>
        ))}
      </Card>
      {change.error !== null && <ErrorNotice error={change.error} />}
    </Section>
  );
}
