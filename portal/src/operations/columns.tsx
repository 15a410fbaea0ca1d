// What the table of MQTT clients shows of each.
import { EllipsisVertical, ScrollText, Unplug } from "lucide-react";
import { useMemo } from "react";
import { useTranslations } from "use-intl";
import { millis } from "../format/instant";
import { useVoice } from "../format/voice";
import { bytesText } from "../settings/bytes";
import { Age } from "../ui/Age";
import { IconButton } from "../ui/Button";
import { Menu } from "../ui/Menu";
import { Status } from "../ui/Status";
import type { Column } from "../ui/Table";
import styles from "./Sessions.module.css";
import type { Session } from "./sessions";

interface Deeds {
  onTrace: (session: string) => void;
  onEnd: (session: Session) => void;
}

export function useSessionColumns({ onTrace, onEnd }: Deeds): Column<Session>[] {
  const t = useTranslations("operations");
  const { locale } = useVoice();
  return useMemo((): Column<Session>[] => {
    const since = ({ connected_at: at }: Session) => (at == null ? null : millis(at));
    return [
      {
        id: "name",
        title: t("name"),
        sort: ({ name }) => name,
        cell: ({ name, client_id }) => (
          <div className={styles.two}>
            <strong>{name}</strong>
            <code className={styles.soft}>{client_id}</code>
          </div>
        ),
      },
      { id: "state", title: t("state"), width: "132px", cell: ({ connected }) => <Status soft tone={connected ? "ok" : "unknown"} label={t(connected ? "connected" : "away")} /> },
      {
        id: "peer",
        title: t("peer"),
        wideOnly: true,
        cell: ({ peer, version, tls, subscriptions }) => (
          <div className={styles.two}>
            <span>{peer ?? "–"}</span>
            <span className={styles.soft} title={subscriptions.join("\n")}>
              {[version && `MQTT ${version}`, tls != null && t(tls ? "tls" : "plain"), t("subscriptions", { count: subscriptions.length })].filter(Boolean).join(" · ")}
            </span>
          </div>
        ),
      },
      { id: "since", title: t("since"), width: "120px", wideOnly: true, sort: since, cell: ({ connected_at: at }) => (at == null ? "–" : <Age time={at} />) },
      {
        id: "queued",
        title: t("queued"),
        width: "130px",
        wideOnly: true,
        align: "end",
        sort: ({ queued }) => queued,
        cell: ({ queued, queued_bytes: bytes }) => (queued === 0 ? "–" : t("waiting", { count: queued, bytes: bytesText(bytes, locale) })),
      },
      {
        id: "messages",
        title: t("messages"),
        width: "140px",
        wideOnly: true,
        align: "end",
        sort: ({ messages_in: told, messages_out: heard }) => told + heard,
        cell: ({ messages_in: told, messages_out: heard }) => `${told.toLocaleString(locale)} / ${heard.toLocaleString(locale)}`,
      },
      { id: "menu", title: t("menu", { name: "" }), hideTitle: true, width: "64px", align: "end", cell: (session) => <SessionMenu session={session} onTrace={onTrace} onEnd={onEnd} /> },
    ];
  }, [t, locale, onTrace, onEnd]);
}

function SessionMenu({ session, onTrace, onEnd }: Deeds & { session: Session }) {
  const t = useTranslations("operations");
  const label = t("menu", { name: session.name });
  return (
    <Menu
      label={label}
      trigger={<IconButton size="small" icon={EllipsisVertical} label={label} />}
      groups={[
        {
          id: "deeds",
          entries: [
            { id: "trace", label: t("trace"), icon: ScrollText, onAction: () => onTrace(session.session) },
            { id: "end", label: t("disconnect"), icon: Unplug, dangerous: true, isDisabled: !session.connected, onAction: () => onEnd(session) },
          ],
        },
      ]}
    />
  );
}
