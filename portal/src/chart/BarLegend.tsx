// Which bars are whose: full is one's own, an outline is what it is compared with.
import { useTranslations } from "use-intl";
import { classes } from "../ui/classes";
import styles from "./BarLegend.module.css";

export function BarLegend({ own, other }: { own: string; other: string }) {
  const t = useTranslations("chart");
  return (
    <ul className={styles.legend} aria-label={t("legend")}>
      <li><span aria-hidden className={styles.box} />{own}</li>
      <li><span aria-hidden className={classes(styles.box, styles.outline)} />{other}</li>
    </ul>
  );
}
