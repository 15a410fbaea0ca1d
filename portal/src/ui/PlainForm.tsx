// A form of a few texts, for pages that must open fast: without schemas, but with the same words at the same
// places. What the server finds wrong stands at its field; everything else is in `Form`.
import { type FormEvent, type ReactNode, useRef, useState } from "react";
import { useTranslations } from "use-intl";
import { ProblemError } from "../api/problem";
import { Button } from "./Button";
import styles from "./Form.module.css";
import { useFocusOnWrong } from "./focus-wrong";
import { layErrors } from "./form-errors";
import { ErrorNotice, Notice } from "./Notice";
import { useReason } from "./reasons";

export interface BoundText {
  name: string;
  value: string;
  onChange: (value: string) => void;
  error?: string | undefined;
}

export interface PlainFormProps<Name extends string> {
  initial: Record<Name, string>;
  /** Those that may stay empty. */
  optional?: readonly NoInfer<Name>[];
  /** Beside the button that sends. */
  onCancel?: () => void;
  submit: string;
  /** Throws what went wrong; the form shows it. */
  onSubmit: (values: Record<Name, string>) => Promise<unknown>;
  /** The button as wide as the form. */
  wide?: boolean;
  children: (field: (name: Name) => BoundText) => ReactNode;
}

/** Spaces around a text are slips; in a password they are the person's wish. */
function tidy<Name extends string>(values: Record<Name, string>): Record<Name, string> {
  const entries = Object.entries<string>(values).map(([name, value]) => [name, name.includes("password") ? value : value.trim()]);
  return Object.fromEntries(entries) as Record<Name, string>;
}

interface Wrong {
  fields: Record<string, string>;
  rest: string[];
  error?: unknown;
}

function wrongOf(error: unknown, values: object): Wrong {
  if (!(error instanceof ProblemError) || !error.problem.errors?.length) return { fields: {}, rest: [], error };
  const { fields, rest } = layErrors(error.problem, (name) => name in values);
  return { fields: Object.fromEntries(fields.map(({ name, reason }) => [name, reason])), rest };
}

export function PlainForm<Name extends string>({ initial, optional = [], submit, onSubmit, onCancel, wide = false, children }: PlainFormProps<Name>) {
  const t = useTranslations("ui");
  const [values, setValues] = useState(initial);
  const [wrong, setWrong] = useState<Wrong>({ fields: {}, rest: [] });
  const [busy, setBusy] = useState(false);
  const reasonOf = useReason();
  const place = useRef<HTMLFormElement>(null);
  useFocusOnWrong(place, Object.keys(wrong.fields).length > 0 ? wrong : undefined);
  async function send(event: FormEvent): Promise<void> {
    event.preventDefault();
    const tidied = tidy(values);
    const missing = Object.entries<string>(tidied).filter(([name, value]) => value === "" && !optional.includes(name as Name));
    setWrong({ fields: Object.fromEntries(missing.map(([name]) => [name, t("field.required")])), rest: [] });
    if (missing.length > 0) return;
    setBusy(true);
    try {
      await onSubmit(tidied);
    } catch (error) {
      setWrong(wrongOf(error, values));
    } finally {
      setBusy(false);
    }
  }
  const shownReason = (reason: string | undefined) => (reason === undefined ? undefined : reasonOf(reason));
  const field = (name: Name): BoundText => ({
    name,
    value: values[name],
    onChange: (value) => setValues((before) => ({ ...before, [name]: value })),
    error: shownReason(wrong.fields[name]),
  });
  const button = (
    <Button type="submit" variant="primary" busy={busy}>
      {submit}
    </Button>
  );
  return (
    <form ref={place} noValidate className={styles.form} onSubmit={(event) => void send(event)}>
      {children(field)}
      {wrong.rest.length > 0 && (
        <Notice tone="danger" live title={t("error.refused.title")}>
          {wrong.rest.join(" ")}
        </Notice>
      )}
      {wrong.error !== undefined && <ErrorNotice error={wrong.error} />}
      {wide ? (
        button
      ) : (
        <div className={styles.actions}>
          {onCancel && <Button onPress={onCancel}>{t("cancel")}</Button>}
          {button}
        </div>
      )}
    </form>
  );
}
