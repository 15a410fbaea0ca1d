// What every labelled control has around it: the label with its "optional", and the line below it.
import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { FieldError } from "react-aria-components/FieldError";
import { Label } from "react-aria-components/Label";
import { Text } from "react-aria-components/Text";
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
}

export function FieldLabel({ label, optional = false }: Pick<FieldLook, "label" | "optional">) {
  const t = useTranslations("ui");
  return (
    <Label className={styles.label}>
      {label}
      {optional && <span className={styles.optional}>{t("optional")}</span>}
    </Label>
  );
}

export function FieldFoot({ help, error }: Pick<FieldLook, "help" | "error">) {
  if (error === undefined) {
    return help === undefined ? null : (
      <Text slot="description" className={styles.help}>
        {help}
      </Text>
    );
  }
  return (
    <FieldError className={styles.error ?? ""}>
      <CircleAlert size={14} aria-hidden />
      {error}
    </FieldError>
  );
}
