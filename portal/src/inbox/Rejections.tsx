// Messages that were meant for Lares and that no device could be made of: why, and how they began.
import { useTranslations } from "use-intl";
import type { Inbox } from "../api/inbox";
import { Age } from "../ui/Age";
import { Card, Section } from "../ui/Section";
import styles from "./Inbox.module.css";

export function Rejections({ rejections }: { rejections: Inbox["rejections"] }) {
  const t = useTranslations("inbox");
  return (
    <Section title={t("rejections")} count={rejections.length}>
      <Card>
        <p className={styles.soft}>{t("rejectionsWhy")}</p>
        <ul className={styles.parts}>
          {rejections.map(({ received, reason, excerpt }) => (
            <li key={`${received} ${reason} ${excerpt}`}>
              <p>
                {reason} <Age time={received} />
              </p>
              <code className={styles.excerpt}>{excerpt}</code>
            </li>
          ))}
        </ul>
      </Card>
    </Section>
  );
}
