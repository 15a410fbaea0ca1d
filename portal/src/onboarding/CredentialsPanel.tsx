// The second step: what the device signs in with, shown once; to copy, to scan, to download, and as ready commands.
import { useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { Button } from "../ui/Button";
import { CopyField } from "../ui/CopyField";
import { download } from "../ui/download";
import { Notice } from "../ui/Notice";
import { QrCode } from "../ui/QrCode";
import { Card, Section } from "../ui/Section";
import { Segmented } from "../ui/Segmented";
import { Snippet } from "../ui/Snippet";
import { Tabs } from "../ui/Tabs";
import { brokerOf, connectionQuery } from "./broker";
import styles from "./Onboarding.module.css";
import { CA_FILE, type Credentials, credentialsJson, mqttsUrl, publishSnippet, pythonSnippet, type Sample, subscribeSnippet } from "./snippets";

export interface CredentialsPanelProps {
  name: string;
  credentials: Credentials;
  sample: Sample;
}

export function CredentialsPanel({ name, credentials, sample }: CredentialsPanelProps) {
  const t = useTranslations("onboarding.credentials");
  const door = useQuery(connectionQuery).data;
  const broker = brokerOf(door, location.hostname);
  const [code, setCode] = useState<"url" | "json">("url");
  const [tab, setTab] = useState<"publish" | "subscribe" | "python">("publish");
  const authority = door?.authority ?? undefined;
  return (
    <div className={styles.stack}>
      <Notice tone="attention" title={t("once")}>
        {t("onceWhy")}
      </Notice>
      <Section title={t("title", { name })}>
        <Card>
          <div className={styles.credentials}>
            <div className={styles.stack}>
              <CopyField label={t("server")} value={`${broker.host}:${broker.port}`} />
              <CopyField label={t("user")} value={credentials.username} />
              <CopyField label={t("password")} value={credentials.password} secret />
              <div className={styles.buttons}>
                <Button icon={Download} onPress={() => download(`lares-${credentials.client_id}.json`, "application/json", credentialsJson(credentials, broker))}>
                  {t("download")}
                </Button>
                {authority !== undefined && (
                  <Button icon={Download} onPress={() => download(CA_FILE, "application/x-pem-file", authority)}>
                    {t("authority")}
                  </Button>
                )}
              </div>
            </div>
            <div className={styles.code}>
              <QrCode size={208} label={t("qr", { name })} text={code === "url" ? mqttsUrl(credentials, broker) : credentialsJson(credentials, broker)} />
              <Segmented
                label={t("qrContent")}
                value={code}
                onChange={setCode}
                items={[
                  { id: "url", label: t("asUrl") },
                  { id: "json", label: "JSON" },
                ]}
              />
            </div>
          </div>
        </Card>
      </Section>
      <Section title={t("try")}>
        <p className={styles.help}>{t(authority === undefined ? "tryHelpPublic" : "tryHelp", { file: CA_FILE })}</p>
        <p className={styles.help}>{t("tools")}</p>
        <Tabs
          label={t("try")}
          value={tab}
          onChange={setTab}
          items={[
            { id: "publish", label: t("publish"), content: <Snippet label={t("publish")} text={publishSnippet(credentials, broker, sample)} /> },
            { id: "subscribe", label: t("subscribe"), content: <Snippet label={t("subscribe")} text={subscribeSnippet(credentials, broker)} /> },
            { id: "python", label: "Python", content: <Snippet label="Python" text={pythonSnippet(credentials, broker, sample)} /> },
          ]}
        />
      </Section>
    </div>
  );
}
