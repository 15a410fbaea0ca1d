// Every shared component in every state; the subject of the visual snapshots. No clock, no chance, no network: what
// is shown is the same on every visit.
import { useTranslations } from "use-intl";
import { chooseTheme, THEMES, useTheme } from "../app/theme";
import { FixedNow } from "../ui/now";
import { Segmented } from "../ui/Segmented";
import { ToastRegion } from "../ui/Toasts";
import { Controls } from "./Controls";
import { Data } from "./Data";
import { Fields } from "./Fields";
import { Foundations } from "./Foundations";
import { Overlays } from "./Overlays";
import { NOW } from "./samples";
import styles from "./Showcase.module.css";
import { States } from "./States";

export function ShowcasePage() {
  const t = useTranslations("showcase");
  const themes = useTranslations("settings.looks");
  const theme = useTheme();
  return (
    <FixedNow value={NOW}>
      <main className={styles.page}>
        <title>{`${t("title")} · Lares`}</title>
        <div className={styles.head}>
          <h1>{t("title")}</h1>
          <Segmented label={themes("theme")} value={theme} onChange={chooseTheme} items={THEMES.map((id) => ({ id, label: themes(`themes.${id}`) }))} />
        </div>
        <Foundations />
        <Controls />
        <Fields />
        <States />
        <Data />
        <Overlays />
      </main>
      <ToastRegion />
    </FixedNow>
  );
}
