// One device that was found: what it is, what it says now, and the decision about it.
import { Check, EyeOff } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { type Discovered, useAccept, useIgnore } from "../api/inbox";
import type { Room } from "../api/lists";
import { icons } from "../device/icons";
import { readingName, unitOf } from "../device/naming";
import { presentationOf } from "../device/presentation";
import { useVoice } from "../format/voice";
import { capabilityName, twoStateOf, valueText } from "../format/wording";
import { Age } from "../ui/Age";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { Facts } from "../ui/Facts";
import { ErrorNotice } from "../ui/Notice";
import { Select } from "../ui/Select";
import { Status } from "../ui/Status";
import { TextField } from "../ui/TextField";
import { showToast } from "../ui/toasts";
import styles from "./Inbox.module.css";
import { abilitiesOf, bridgeName, unknownRoom, valuesOf } from "./order";
import { UnknownParts } from "./UnknownParts";

const NO_ROOM = "none";
const toldWell = (title: string) => showToast({ tone: "ok", title });
/** As many as show what it is about. */
const MOST_VALUES = 6;

interface Props {
  found: Discovered;
  /** All of the inbox, among them the bridge that it may be reached through. */
  all: readonly Discovered[];
  rooms: readonly Room[];
  mayManage: boolean;
}

export function FoundCard({ found, all, rooms, mayManage }: Props) {
  const t = useTranslations("inbox");
  const abilities = abilitiesOf(found);
  const Icon = icons[presentationOf(abilities[0] ?? "").icon];
  const bridge = bridgeName(found, all);
  const made = [found.vendor, found.model].filter(Boolean).join(" ");
  const dialect = t.has(`dialect.${found.dialect as "homie"}`) ? t(`dialect.${found.dialect as "homie"}`) : found.dialect;
  return (
    <li className={styles.card} data-found={found.foreign_id}>
      <div className={styles.head}>
        <span className={styles.icon}>
          <Icon size={20} aria-hidden />
        </span>
        <div className={styles.words}>
          <h3 className={styles.name}>{found.name}</h3>
          <p className={styles.soft}>{[made, dialect, bridge !== undefined && t("via", { bridge })].filter(Boolean).join(" · ")}</p>
        </div>
        <div className={styles.end}>
          {found.online != null && <Status soft tone={found.online ? "ok" : "unknown"} label={t(found.online ? "online" : "offline")} />}
          <span className={styles.soft}>
            {t("found")} <Age time={found.first_seen} />
          </span>
        </div>
      </div>
      <Says found={found} />
      {abilities.length > 0 && <Abilities names={abilities} />}
      <UnknownParts parts={found.unknown} />
      {abilities.length === 0 && <p className={styles.soft}>{t("notYet")}</p>}
      {mayManage && abilities.length > 0 && <Decision found={found} rooms={rooms} />}
    </li>
  );
}

function Says({ found }: { found: Discovered }) {
  const t = useTranslations("inbox");
  const voice = useVoice();
  const twoState = twoStateOf(found);
  if (found.values.length === 0) return found.endpoints.length > 0 ? <p className={styles.soft}>{t("noValues")}</p> : null;
  return (
    <ul className={styles.values} aria-label={t("values")}>
      {valuesOf(found)
        .slice(0, MOST_VALUES)
        .map((reading) => (
          <li key={`${reading.endpoint}/${reading.attribute}`}>
            <span>{readingName(found, reading, voice.say, twoState)}</span>
            <strong>{valueText(reading.attribute, reading.value, voice, { unit: reading.unit ?? unitOf(found, reading), twoState })}</strong>
          </li>
        ))}
    </ul>
  );
}

function Abilities({ names }: { names: readonly string[] }) {
  const t = useTranslations("inbox");
  const { say } = useVoice();
  return (
    <ul className={styles.abilities} aria-label={t("abilities")}>
      {names.map((name) => (
        <li key={name}>
          <Badge>{capabilityName(name, say)}</Badge>
        </li>
      ))}
    </ul>
  );
}

function Decision({ found, rooms }: { found: Discovered; rooms: readonly Room[] }) {
  const t = useTranslations("inbox");
  const accept = useAccept(found.home);
  const ignore = useIgnore(found.home);
  const [name, setName] = useState(found.name);
  const [room, setRoom] = useState(found.suggested_room ?? NO_ROOM);
  const missing = unknownRoom(found);
  const wanted = name.trim();
  // The card may be gone by then: the live event says the same. What goes wrong is told in the card.
  function take(): void {
    const named = wanted === "" || wanted === found.name ? {} : { name: wanted };
    const asked = accept.mutateAsync({ id: found.id, ...named, ...(room !== NO_ROOM && { room }) });
    asked.then(({ name: as }) => toldWell(t("acceptedOne", { name: as }))).catch(() => undefined);
  }
  function leave(): void {
    ignore.mutateAsync(found.id).then(() => toldWell(t("ignoredOne", { name: found.name }))).catch(() => undefined);
  }
  const roomName = (one: Room) => (one.id === found.suggested_room ? t("suggested", { room: one.name }) : one.name);
  return (
    <div className={styles.decision}>
      <div className={styles.fields}>
        <TextField label={t("name")} value={name} maxLength={120} onChange={setName} />
        <Select
          label={t("room")}
          value={room}
          onChange={setRoom}
          items={[{ id: NO_ROOM, label: t("noRoom") }, ...rooms.map((one) => ({ id: one.id, label: roomName(one) }))]}
          {...(missing !== undefined && { help: t("saysRoom", { room: missing }) })}
        />
      </div>
      {accept.error !== null && <ErrorNotice error={accept.error} />}
      {ignore.error !== null && <ErrorNotice error={ignore.error} />}
      <div className={styles.buttons}>
        <Button variant="primary" icon={Check} busy={accept.isPending} aria-label={t("acceptOf", { name: found.name })} onPress={take}>
          {t("accept")}
        </Button>
        {found.state === "pending" && (
          <Button
            icon={EyeOff}
            busy={ignore.isPending}
            aria-label={t("ignoreOf", { name: found.name })}
            onPress={leave}
          >
            {t("ignore")}
          </Button>
        )}
        <details className={styles.more}>
          <summary>{t("id")}</summary>
          <Facts
            items={[
              { name: t("id"), value: <code>{found.foreign_id}</code> },
              ...(found.serial == null ? [] : [{ name: t("serial"), value: found.serial }]),
              ...(found.firmware == null ? [] : [{ name: t("firmware"), value: found.firmware }]),
            ]}
          />
        </details>
      </div>
    </div>
  );
}
