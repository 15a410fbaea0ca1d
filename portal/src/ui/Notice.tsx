// A sentence worth saying inside a page or form, with its tone's icon and colour.
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { kindOfError } from "./ErrorState";
import { ProblemError } from "../api/problem";
import { classes } from "./classes";
import styles from "./Notice.module.css";
import { type Tone, toneIcon } from "./tone";

export interface NoticeProps {
  tone: Tone;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  /** Appeared because of what the person just did: read out at once. */
  live?: boolean;
}

export function Notice({ tone, title, children, action, live = false }: NoticeProps) {
  const Icon = toneIcon[tone];
  const ground = tone === "danger" ? styles.dangerInline : styles[tone];
  return (
    <div className={classes(styles.inline, ground)} {...(live && { role: "alert" })}>
      <Icon size={20} aria-hidden />
      <div className={styles.words}>
        <p className={styles.inlineTitle}>{title}</p>
        {children && <p>{children}</p>}
      </div>
      {action}
    </div>
  );
}

/** The same for a failed change: what the server said, else what its kind of failure means. */
export function ErrorNotice({ error }: { error: unknown }) {
  const t = useTranslations("ui");
  const kind = kindOfError(error);
  const said = error instanceof ProblemError && kind === "refused" ? error.problem.detail : "";
  return (
    <Notice tone="danger" live title={t(`error.${kind}.title`)}>
      {said === "" ? t(`error.${kind}.change`) : said}
    </Notice>
  );
}
