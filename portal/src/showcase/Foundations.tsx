// Colours and sizes.
import { useTranslations } from "use-intl";
import styles from "./Showcase.module.css";
import { Group, Specimen } from "./Specimen";

const GROUNDS = ["ground", "surface", "surface-sunk", "surface-raised", "accent-soft", "ok-soft", "attention-soft", "danger-soft", "unknown-soft"];
const INKS = ["text", "text-soft", "accent", "ok", "attention", "danger", "unknown"];
const SIZES = ["32", "24", "20", "16", "14", "12"];

export function Foundations() {
  const t = useTranslations("showcase");
  return (
    <Group title={t("groups.foundations")}>
      <Specimen name="tokens.css" block>
        <div className={styles.swatches}>
          {GROUNDS.map((name) => (
            <div key={name} className={styles.swatch} style={{ background: `var(--${name})` }}>
              {name}
            </div>
          ))}
          {INKS.map((name) => (
            <div key={name} className={styles.swatch} style={{ color: `var(--${name})`, background: "var(--surface)" }}>
              {name}
            </div>
          ))}
        </div>
        <div className={styles.scale}>
          {SIZES.map((size) => (
            <span key={size} style={{ fontSize: `var(--text-${size})` }} data-figures>
              {t("scale", { size })}
            </span>
          ))}
        </div>
      </Specimen>
    </Group>
  );
}
