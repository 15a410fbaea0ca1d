// The frame of every page that stands before the portal: signing in and up, links out of mails, and questions of apps.
import { type ReactNode, useEffect, useRef } from "react";
import { useTranslations } from "use-intl";
import { useLanguage } from "../app/Providers";
import { LANGUAGES } from "../i18n/languages";
import { Button } from "../ui/Button";
import { classes } from "../ui/classes";
import styles from "./Entry.module.css";

export interface EntryProps {
  title: string;
  lead?: ReactNode;
  wide?: boolean;
  children: ReactNode;
}

export function Entry({ title, lead, wide = false, children }: EntryProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const first = useRef(title);
  useEffect(() => {
    // The page became another one in its place: that is read out, as the title of a new page would be.
    if (first.current !== title) heading.current?.focus({ preventScroll: true });
    first.current = title;
  }, [title]);
  return (
    <main className={styles.screen}>
      <title>{`${title} · Lares`}</title>
      <div className={classes(styles.box, wide && styles.wide)}>
        <div className={styles.head}>
          <img src="/icon.svg" alt="" width={48} height={48} />
          <h1 ref={heading} tabIndex={-1} className={styles.title}>
            {title}
          </h1>
          {lead !== undefined && <p className={styles.lead}>{lead}</p>}
        </div>
        {children}
        <Languages />
      </div>
    </main>
  );
}

/** Fields, notices and buttons, one under the other, as wide as the box. */
export function EntryStack({ children }: { children: ReactNode }) {
  return <div className={styles.stack}>{children}</div>;
}

function Languages() {
  const t = useTranslations("app.languages");
  const { language, choose } = useLanguage();
  return (
    <div className={styles.foot}>
      {LANGUAGES.filter((one) => one !== language).map((one) => (
        <Button key={one} variant="quiet" size="small" onPress={() => void choose(one)}>
          {t(one)}
        </Button>
      ))}
    </div>
  );
}
