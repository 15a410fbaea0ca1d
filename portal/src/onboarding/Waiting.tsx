// The third step: waiting for the device, seeing it come, and help when it does not.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { CircleCheck, CircleDashed, LoaderCircle, RotateCw } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslations } from "use-intl";
import { answer, api } from "../api/client";
import { keys } from "../api/keys";
import { useVoice } from "../format/voice";
import { attributeName, valueText } from "../format/wording";
import { type LatestValue, useDeviceState } from "../live/hooks";
import { Age } from "../ui/Age";
import { Button, ButtonLink } from "../ui/Button";
import { Notice } from "../ui/Notice";
import { Card, Section } from "../ui/Section";
import styles from "./Onboarding.module.css";

/** A device that is set up right is there within seconds. */
const HELP_AFTER_MS = 20_000;
const MOST_VALUES = 6;

export function Waiting({ deviceId, name }: { deviceId: string; name: string }) {
  const t = useTranslations("onboarding.waiting");
  const state = useDeviceState(deviceId);
  const connected = state?.presence.status === "online";
  const values = Object.values(state?.latest ?? {});
  const heard = values.length > 0;
  const here = connected && heard;
  return (
    <Section title={t("title")}>
      <div className={styles.stack}>
      <Card>
        <div className={styles.stack}>
          <p className={styles.verdict} role="status">
            {t(here ? "here" : heard ? "left" : connected ? "connected" : "waiting", { name })}
          </p>
          <ol className={styles.steps}>
            <Step done={connected || heard}>{t("stepConnect")}</Step>
            <Step done={heard} waits={connected}>
              {t("stepReport")}
            </Step>
          </ol>
          {heard && <Values values={values} />}
          {heard ? (
            <div className={styles.buttons}>
              <ButtonLink variant="primary" to="/devices/$deviceId" params={{ deviceId }}>
                {t("open", { name })}
              </ButtonLink>
              <ButtonLink to="/devices/add" search={({ home, room }) => ({ home, room })}>{t("another")}</ButtonLink>
            </div>
          ) : (
            <>
              <p className={styles.help}>{t("leave")}</p>
              <ButtonLink variant="quiet" to="/devices/$deviceId" params={{ deviceId }}>
                {t("open", { name })}
              </ButtonLink>
            </>
          )}
        </div>
      </Card>
      {!heard && <Help deviceId={deviceId} lastSeen={state?.lastSeen ?? null} />}
      </div>
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

function Values({ values }: { values: LatestValue[] }) {
  const voice = useVoice();
  return (
    <ul className={styles.values}>
      {values.slice(0, MOST_VALUES).map(({ endpoint, attribute, value, unit, received }) => (
        <li key={`${endpoint}/${attribute}`}>
          <span>{attributeName(attribute, voice.say)}</span>
          <strong>{valueText(attribute, value, voice, { unit })}</strong>
          <Age time={received} />
        </li>
      ))}
    </ul>
  );
}

/** What the server saw of the device, asked for again whenever something was heard of it. */
function Help({ deviceId, lastSeen }: { deviceId: string; lastSeen: number | null }) {
  const t = useTranslations("onboarding.waiting");
  const cache = useQueryClient();
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), HELP_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  const queryKey = keys.diagnostics(deviceId);
  const { data, isFetching } = useQuery({
    queryKey,
    queryFn: ({ signal }) => answer(api.GET("/api/iot/devices/{id}/diagnostics", { params: { path: { id: deviceId } }, signal })),
  });
  useEffect(() => {
    if (lastSeen !== null) void cache.invalidateQueries({ queryKey: keys.diagnostics(deviceId) });
  }, [cache, deviceId, lastSeen]);
  const [newest] = data?.rejections.toReversed() ?? [];
  return (
    <div className={styles.stack}>
      {newest !== undefined && (
        <Notice tone="danger" live title={t("rejected")}>
          {newest.reason}
          <code className={styles.excerpt}>{newest.excerpt}</code>
        </Notice>
      )}
      {late && (
        <Notice tone="unknown" title={t("helpTitle")}>
          <ul className={styles.hints}>
            {(["address", "authority", "clientId", "topic", "fresh"] as const).map((hint) => (
              <li key={hint}>{t(`hint.${hint}`)}</li>
            ))}
          </ul>
        </Notice>
      )}
      <div>
        <Button size="small" icon={RotateCw} busy={isFetching} onPress={() => void cache.invalidateQueries({ queryKey })}>
          {t("look")}
        </Button>
      </div>
    </div>
  );
}
