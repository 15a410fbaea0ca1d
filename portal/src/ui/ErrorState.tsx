// Where something could not be shown or done: what happened, what was not lost, what to do next.
import { CloudOff, OctagonAlert, RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { hasType, NoAnswer, ProblemError, STEP_UP } from "../api/problem";
import { Button } from "./Button";
import { classes } from "./classes";
import styles from "./Notice.module.css";

type Kind = "away" | "unproved" | "gone" | "forbidden" | "busy" | "server" | "refused" | "broken";

export function kindOfError(error: unknown): Kind {
  if (error instanceof NoAnswer) return "away";
  if (!(error instanceof ProblemError)) return "broken";
  if (hasType(error, STEP_UP)) return "unproved";
  if (error.status === 404 || error.status === 410) return "gone";
  if (error.status === 401 || error.status === 403) return "forbidden";
  if (error.status === 429 || error.status === 503) return "busy";
  return error.status >= 500 ? "server" : "refused";
}

/** What the server itself said, where it said something a person can use. */
function detailOf(error: unknown): string | undefined {
  if (!(error instanceof ProblemError) || error.status >= 500 || hasType(error, STEP_UP)) return undefined;
  return error.problem.detail === "" ? undefined : error.problem.detail;
}

export interface ErrorStateProps {
  error: unknown;
  onRetry?: () => void;
  action?: ReactNode;
  plain?: boolean;
}

export function ErrorState({ error, onRetry, action, plain = false }: ErrorStateProps) {
  const t = useTranslations("ui");
  const kind = kindOfError(error);
  const detail = detailOf(error);
  const Icon = kind === "away" ? CloudOff : OctagonAlert;
  return (
    <div role="alert" className={classes(styles.notice, plain && styles.plain)}>
      <span className={classes(styles.icon, styles.danger)}>
        <Icon size={24} aria-hidden />
      </span>
      <p className={styles.title}>{t(`error.${kind}.title`)}</p>
      {detail && <p className={styles.text}>{detail}</p>}
      <p className={styles.text}>{t(`error.${kind}.next`)}</p>
      {(onRetry || action) && (
        <div className={styles.action}>
          {onRetry && (
            <Button icon={RotateCw} onPress={onRetry}>
              {t("again")}
            </Button>
          )}
          {action}
        </div>
      )}
    </div>
  );
}
