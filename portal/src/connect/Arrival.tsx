// Waiting for a thing and seeing it come: its first message as it passes, and the devices that were found in it.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { CircleCheck, CircleDashed, LoaderCircle, RotateCw } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useTranslations } from "use-intl";
import { inboxQuery, waitingIn } from "../api/inbox";
import { keys } from "../api/keys";
import { type MqttClient, mqttClientsQuery } from "../api/mqtt-clients";
import { homeRefusalsQuery } from "../api/mqtt-refusals";
import { type Passing, useWatch } from "../live/watch";
import { brokerOf, connectionQuery } from "../onboarding/broker";
import { Age } from "../ui/Age";
import { Button, ButtonLink } from "../ui/Button";
import { Notice } from "../ui/Notice";
import { Card, Section } from "../ui/Section";
import { isOf } from "./arrivals";
import styles from "./Connect.module.css";
import { refusalOf } from "./refusals";

/** What is set up right is there within seconds. */
const HELP_AFTER_MS = 30_000;
const HINTS = ["address", "authority", "password", "rights"] as const;

export function Arrival({ home, client, mayManage }: { home: string; client: MqttClient; mayManage: boolean }) {
  const t = useTranslations("connect.arrival");
  const cache = useQueryClient();
  const [last, setLast] = useState<Passing>();
  const asked = useRef(client.last_seen != null);
  useWatch(home, "#", (messages) => {
    const own = messages.findLast((message) => isOf(message, client));
    if (own === undefined) return;
    setLast(own);
    if (asked.current) return;
    // Its first: when it signed in is told with the credentials.
    asked.current = true;
    void cache.invalidateQueries({ queryKey: keys.mqttClients(home) });
  });
  const found = waitingIn(useQuery(inboxQuery(home)).data).length;
  const connected = client.last_seen != null || last !== undefined;
  return (
    <Section title={t("title")}>
      <Card>
        <div className={styles.stack}>
          <p className={styles.verdict} role="status">
            {t(last !== undefined ? "speaks" : connected ? "connected" : "waiting", { name: client.name })}
          </p>
          <ol className={styles.steps}>
            <Step done={connected}>{t("stepConnect")}</Step>
            <Step done={last !== undefined} waits={connected}>
              {t("stepSpeak")}
            </Step>
            <Step done={found > 0} waits={last !== undefined}>
              {found > 0 ? t("found", { count: found }) : t("stepDevices")}
            </Step>
          </ol>
          {last !== undefined && (
            <p className={styles.last}>
              <span>{t("last")}</span>
              <code>{last.topic}</code>
              <Age time={last.received_at} />
            </p>
          )}
          <div className={styles.buttons}>
            {found > 0 && (
              <ButtonLink variant="primary" to="/homes/$homeId/discovered" params={{ homeId: home }}>
                {t("look")}
              </ButtonLink>
            )}
            <LookAgain home={home} />
          </div>
          {mayManage && <Refused home={home} client={client} />}
          <p className={styles.help}>{t("leave")}</p>
          {!connected && <Help />}
        </div>
      </Card>
    </Section>
  );
}

function Step({ done, waits = true, children }: { done: boolean; waits?: boolean; children: ReactNode }) {
  const Icon = done ? CircleCheck : waits ? LoaderCircle : CircleDashed;
  return (
    <li className={done ? styles.done : undefined}>
      <Icon size={20} aria-hidden className={!done && waits ? styles.spin : undefined} />
      {children}
    </li>
  );
}

/** What only listens says nothing that would pass; this asks the server whether it has signed in. */
function LookAgain({ home }: { home: string }) {
  const t = useTranslations("connect.arrival");
  const cache = useQueryClient();
  const { isFetching } = useQuery(mqttClientsQuery(home));
  function look(): void {
    void cache.invalidateQueries({ queryKey: keys.mqttClients(home) });
    void cache.invalidateQueries({ queryKey: keys.inbox(home) });
  }
  return (
    <Button size="small" icon={RotateCw} busy={isFetching} onPress={look}>
      {t("again")}
    </Button>
  );
}

/** It did come, with a password that is not its own. */
function Refused({ home, client }: { home: string; client: MqttClient }) {
  const t = useTranslations("connect.arrival");
  const refused = refusalOf(useQuery(homeRefusalsQuery(home)).data, client);
  if (refused === undefined) return null;
  return (
    <Notice tone="attention" title={t(`refused.${refused.why}`, { username: refused.username })}>
      <Age time={refused.last_at} />
    </Notice>
  );
}

function Help() {
  const t = useTranslations("connect.arrival");
  const { host, port } = brokerOf(useQuery(connectionQuery).data, location.hostname);
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), HELP_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!late) return null;
  return (
    <Notice tone="unknown" title={t("helpTitle")}>
      <ul className={styles.hints}>
        {HINTS.map((hint) => (
          <li key={hint}>{t(`hint.${hint}`, { host, port: String(port) })}</li>
        ))}
      </ul>
    </Notice>
  );
}
