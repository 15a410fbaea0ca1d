// What this server is, and how to keep the portal at hand.
import { Download } from "lucide-react";
import { useSyncExternalStore } from "react";
import { useTimeZone, useTranslations } from "use-intl";
import { Facts } from "../ui/Facts";
import { Card, Section } from "../ui/Section";
import { Notice } from "../ui/Notice";
import { Button } from "../ui/Button";
import { askToInstall, canInstall, isInstalled, onInstallChange } from "./install";

export function About() {
  const t = useTranslations("settings.about");
  const zone = useTimeZone();
  return (
    <>
      <Section title={t("title")}>
        <Card>
          <Facts
            items={[
              { name: t("version"), value: LARES_VERSION },
              { name: t("server"), value: window.location.host },
              { name: t("zone"), value: zone ?? "UTC" },
              {
                name: t("api"),
                value: <a href="/api/docs/index.html">{t("apiPage")}</a>,
              },
            ]}
          />
        </Card>
      </Section>
      <Install />
    </>
  );
}

function Install() {
  const t = useTranslations("settings.install");
  const possible = useSyncExternalStore(onInstallChange, canInstall);
  if (isInstalled()) return <Notice tone="ok" title={t("done")} />;
  return (
    <Section title={t("title")}>
      <Card>
        <p>{t("why")}</p>
        {possible ? (
          <p style={{ marginTop: "var(--space-3)" }}>
            <Button icon={Download} onPress={askToInstall}>
              {t("button")}
            </Button>
          </p>
        ) : (
          <p style={{ marginTop: "var(--space-2)", color: "var(--text-soft)" }}>{t("how")}</p>
        )}
      </Card>
    </Section>
  );
}
