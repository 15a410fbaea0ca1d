// What a device says of itself and Lares has no word for: kept and shown, folded away.
import { useTranslations } from "use-intl";
import type { Discovered } from "../api/inbox";
import styles from "./Inbox.module.css";

export function UnknownParts({ parts }: { parts: Discovered["unknown"] }) {
  const t = useTranslations("inbox");
  if (parts.length === 0) return null;
  return (
    <details className={styles.unknown}>
      <summary>{t("unknown", { count: parts.length })}</summary>
      <p className={styles.soft}>{t("unknownWhy")}</p>
      <ul className={styles.parts}>
        {parts.map(({ name, reason, raw }) => (
          <li key={name}>
            <p>
              <strong>{name}</strong> <span className={styles.soft}>{reason}</span>
            </p>
            {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, so keys must reach it */}
            <pre tabIndex={0} aria-label={name}>
              <code>{JSON.stringify(raw, null, 2)}</code>
            </pre>
          </li>
        ))}
      </ul>
    </details>
  );
}
