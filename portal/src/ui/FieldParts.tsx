// What every labelled control has around it: the label with its "optional", and the line below it, tied to the
// control for screen readers.
import { CircleAlert } from "lucide-react";
import { type ReactNode, useId } from "react";
import { useTranslations } from "use-intl";
import styles from "./Field.module.css";

export interface FieldLook {
  label: string;
  /** One line that helps to fill it in; gives way to `error`. */
  help?: ReactNode;
  /** What is wrong and what would be right. */
  error?: string | undefined;
  /** Says "optional" beside the label; fields are required unless they say so. */
  optional?: boolean;
  /** The label is there for screen readers alone: in filter bars, where the value says it all. */
  hideLabel?: boolean;
}

export interface Wiring {
  id: string;
  "aria-describedby"?: string;
  "aria-invalid"?: true;
  "aria-label"?: string;
}

/** Draws label and foot around a native control, which takes the wiring. */
export function Field({ label, help, error, optional = false, hideLabel = false, children }: FieldLook & { children: (wiring: Wiring) => ReactNode }) {
  const id = useId();
  const foot = `${id}-foot`;
  const hasFoot = error !== undefined || help !== undefined;
  const wiring: Wiring = {
    id,
    ...(hasFoot && { "aria-describedby": foot }),
    ...(error !== undefined && { "aria-invalid": true as const }),
    ...(hideLabel && { "aria-label": label }),
  };
  return (
    <div className={styles.field} data-invalid={error !== undefined || undefined}>
      {!hideLabel && (
        <label htmlFor={id} className={styles.label}>
          <LabelWords label={label} optional={optional} />
        </label>
      )}
      {children(wiring)}
      {hasFoot && (
        <div id={foot} className={error === undefined ? styles.help : styles.error}>
          <FootWords help={help} error={error} />
        </div>
      )}
    </div>
  );
}

export function LabelWords({ label, optional }: { label: string; optional: boolean }) {
  const t = useTranslations("ui");
  return (
    <>
      {label}
      {optional && <span className={styles.optional}>{t("optional")}</span>}
    </>
  );
}

export function FootWords({ help, error }: Pick<FieldLook, "help" | "error">) {
  if (error === undefined) return help;
  return (
    <>
      <CircleAlert size={14} aria-hidden />
      {error}
    </>
  );
}
