// What passes, newest first; it can be held still to be read.
import { Eraser, Pause, Play } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { clock } from "../format/moment";
import { millis } from "../format/instant";
import { useVoice } from "../format/voice";
import type { Passing } from "../live/watch";
import { Button } from "../ui/Button";
import { Card, Section } from "../ui/Section";
import styles from "./Explorer.module.css";
import { excerptOf } from "./topics";

interface Props {
  messages: readonly Passing[];
  onChoose: (topic: string) => void;
  onClear: () => void;
}

export function Feed({ messages, onChoose, onClear }: Props) {
  const t = useTranslations("explorer");
  const voice = useVoice();
  const [held, setHeld] = useState<readonly Passing[]>();
  const shown = held ?? messages;
  const since = held === undefined ? 0 : held[0] === undefined ? messages.length : Math.max(0, messages.indexOf(held[0]));
  return (
    <Section
      title={t("feed")}
      action={
        <div className={styles.buttons}>
          {held !== undefined && <span className={styles.soft}>{since > 0 ? t("paused", { count: since }) : t("pausedNow")}</span>}
          <Button size="small" icon={held === undefined ? Pause : Play} onPress={() => setHeld(held === undefined ? messages : undefined)}>
            {t(held === undefined ? "pause" : "resume")}
          </Button>
          <Button
            size="small"
            icon={Eraser}
            onPress={() => {
              setHeld(undefined);
              onClear();
            }}
          >
            {t("clear")}
          </Button>
        </div>
      }
    >
      <Card flush>
        {shown.length === 0 ? (
          <p className={styles.quiet}>{t("feedEmpty")}</p>
        ) : (
          <ol className={styles.feed}>
            {shown.map((message, index) => (
              // oxlint-disable-next-line react/no-array-index-key -- messages have no id, and the list only grows at its head
              <li key={shown.length - index} className={styles.passing}>
                <time dateTime={message.received_at} className={styles.soft}>
                  {clock(millis(message.received_at), voice, voice.zone, true)}
                </time>
                <button type="button" className={styles.feedTopic} onClick={() => onChoose(message.topic)}>
                  {message.topic}
                </button>
                <code className={styles.excerpt}>{excerptOf(message.payload) || t("emptyPayload")}</code>
              </li>
            ))}
          </ol>
        )}
      </Card>
    </Section>
  );
}
