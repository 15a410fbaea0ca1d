// One topic: its newest message, readable or as it was sent, and the few before it.
import { MousePointerClick } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { fullMoment } from "../format/moment";
import { millis } from "../format/instant";
import { useVoice } from "../format/voice";
import { Age } from "../ui/Age";
import { Badge } from "../ui/Badge";
import { CopyField } from "../ui/CopyField";
import { Card, Section } from "../ui/Section";
import { Segmented } from "../ui/Segmented";
import { Snippet } from "../ui/Snippet";
import styles from "./Explorer.module.css";
import type { NameOf } from "./names";
import { excerptOf, type Message, prettyJson, type Topic } from "./topics";

export function TopicPanel({ topic, nameOf }: { topic: Topic | undefined; nameOf: NameOf }) {
  const t = useTranslations("explorer");
  const newest = topic?.messages[0];
  return (
    <Section title={t("payload")}>
      <Card>
        {topic === undefined || newest === undefined ? (
          <p className={styles.choose}>
            <MousePointerClick size={20} aria-hidden />
            {t("choose")}
          </p>
        ) : (
          <div className={styles.stack}>
            <CopyField label={t("copy")} value={topic.topic} />
            <Newest key={topic.topic} message={newest} nameOf={nameOf} />
            {topic.count > 0 && <p className={styles.soft}>{t("seen", { count: topic.count })}</p>}
            {topic.messages.length > 1 && <Earlier messages={topic.messages.slice(1)} />}
          </div>
        )}
      </Card>
    </Section>
  );
}

function Newest({ message, nameOf }: { message: Message; nameOf: NameOf }) {
  const t = useTranslations("explorer");
  const voice = useVoice();
  const [form, setForm] = useState<"pretty" | "raw">("pretty");
  const pretty = prettyJson(message.payload);
  const text = form === "pretty" ? (pretty ?? message.payload) : message.payload;
  return (
    <>
      <p className={styles.facts}>
        <Badge accent={message.retained}>{t(message.retained ? "retained" : "notRetained")}</Badge>
        <Badge>{t("qos", { qos: message.qos })}</Badge>
        <span>{t("bytes", { count: message.bytes })}</span>
        {message.from !== undefined && <span>{t("from", { name: nameOf(message.from) })}</span>}
        {message.received !== undefined && (
          <span>
            {t("received")} {fullMoment(millis(message.received), voice, voice.zone)} (<Age time={message.received} />)
          </span>
        )}
      </p>
      {pretty !== undefined && (
        <div className={styles.buttons}>
          <Segmented
            label={t("payload")}
            value={form}
            onChange={setForm}
            items={[
              { id: "pretty", label: t("pretty") },
              { id: "raw", label: t("raw") },
            ]}
          />
        </div>
      )}
      <Snippet label={t("payload")} text={text === "" ? t("emptyPayload") : text} />
    </>
  );
}

function Earlier({ messages }: { messages: readonly Message[] }) {
  const t = useTranslations("explorer");
  return (
    <div>
      <h3 className={styles.smallTitle}>{t("earlier")}</h3>
      <ol className={styles.earlier}>
        {messages.map((message, index) => (
          // oxlint-disable-next-line react/no-array-index-key -- messages have no id, and the list only grows at its head
          <li key={messages.length - index}>
            <code className={styles.excerpt}>{excerptOf(message.payload) || t("emptyPayload")}</code>
            {message.received !== undefined && <Age time={message.received} />}
          </li>
        ))}
      </ol>
    </div>
  );
}
