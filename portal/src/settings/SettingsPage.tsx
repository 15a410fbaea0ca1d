// One's own settings: who one is, language and theme, what there is to manage, and what this server is.
import { Activity, AppWindow, Bell, Cable, Cpu, Database, FileUp, LogOut, Plus, ShieldCheck, UserRound } from "lucide-react";
import { useTranslations } from "use-intl";
import { Link, useNavigate } from "@tanstack/react-router";
import { useLanguage } from "../app/Providers";
import { chooseTheme, THEMES, useTheme } from "../app/theme";
import { useProfile, useSignOut } from "../api/session";
import { LANGUAGES } from "../i18n/languages";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { Later } from "../ui/Later";
import { List, ListRow } from "../ui/List";
import { ErrorNotice } from "../ui/Notice";
import { Page } from "../ui/Page";
import { Card, Section } from "../ui/Section";
import { Segmented } from "../ui/Segmented";
import { About } from "./About";
import { Row } from "../ui/Row";

/** As high as they are on a phone. */
const MANAGE_PX = 610;
const ABOUT_PX = 340;

export function SettingsPage() {
  const t = useTranslations("settings");
  return (
    <Page
      title={t("title")}
      aside={
        <Later height={ABOUT_PX}>
          <About />
        </Later>
      }
    >
      <You />
      <Looks />
      <Later height={MANAGE_PX}>
        <Manage />
      </Later>
    </Page>
  );
}

function Looks() {
  const t = useTranslations("settings");
  const names = useTranslations("app.languages");
  const { language, choose } = useLanguage();
  const theme = useTheme();
  return (
    <Section title={t("looks.title")}>
      <Card flush>
        <Row name={t("looks.language")}>
          <Segmented
            label={t("looks.language")}
            value={language}
            onChange={(next) => void choose(next)}
            items={LANGUAGES.map((id) => ({ id, label: names(id) }))}
          />
        </Row>
        <Row name={t("looks.theme")}>
          <Segmented label={t("looks.theme")} value={theme} onChange={chooseTheme} items={THEMES.map((id) => ({ id, label: t(`looks.themes.${id}`) }))} />
        </Row>
      </Card>
    </Section>
  );
}

/** What is set up once and seldom looked at; it has no place of its own in the rail. */
function Manage() {
  const t = useTranslations("settings.manage");
  return (
    <Section title={t("title")}>
      <List>
        <ListRow icon={Cpu} title={<Link to="/devices">{t("devices")}</Link>} detail={t("devicesWhat")} />
        <ListRow icon={Plus} title={<Link to="/devices/add">{t("add")}</Link>} detail={t("addWhat")} />
        <ListRow icon={FileUp} title={<Link to="/devices/import">{t("import")}</Link>} detail={t("importWhat")} />
        <ListRow icon={Database} title={<Link to="/settings/storage">{t("storage")}</Link>} detail={t("storageWhat")} />
        <ListRow icon={Cable} title={<Link to="/settings/mqtt">{t("mqtt")}</Link>} detail={t("mqttWhat")} />
        <ListRow icon={AppWindow} title={<Link to="/settings/apps">{t("apps")}</Link>} detail={t("appsWhat")} />
        <ListRow icon={Bell} title={<Link to="/alarms">{t("alarms")}</Link>} detail={t("alarmsWhat")} />
        <ListRow icon={Activity} title={<Link to="/events">{t("events")}</Link>} detail={t("eventsWhat")} />
      </List>
    </Section>
  );
}

function You() {
  const t = useTranslations("settings");
  const profile = useProfile();
  const navigate = useNavigate();
  const signOut = useSignOut();
  return (
    <Section title={t("you.title")}>
      <Card flush>
        <Row name={profile.name} detail={profile.email}>
          <Button
            icon={LogOut}
            busy={signOut.isPending}
            onPress={() => signOut.mutate(undefined, { onSuccess: () => void navigate({ to: "/signin", search: {} }) })}
          >
            {t("you.signOut")}
          </Button>
        </Row>
        {profile.memberships.map((one) => (
          <Row key={one.organisation} name={one.organisation_name} detail={t(`roles.${one.role}.may`)}>
            <Badge>{t(`roles.${one.role}.name`)}</Badge>
          </Row>
        ))}
      </Card>
      {signOut.error !== null && <ErrorNotice error={signOut.error} />}
      <div style={{ marginTop: "var(--space-3)" }}>
        <List>
          <ListRow icon={UserRound} title={<Link to="/settings/profile">{t("you.profile")}</Link>} detail={t("you.profileWhat")} />
          <ListRow icon={ShieldCheck} title={<Link to="/settings/security">{t("you.security")}</Link>} detail={t("you.securityWhat")} />
        </List>
      </div>
    </Section>
  );
}
