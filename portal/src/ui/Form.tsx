// Forms: checked by a zod schema before they are sent, and by the server after; both kinds of errors stand at their
// fields. `useAppForm` makes one, `Form` draws it, the `Form…` fields bind the controls to it by name.
import { zodResolver } from "@hookform/resolvers/zod";
import { type ReactNode, useRef, useState } from "react";
import {
  Controller,
  type DefaultValues,
  type FieldPath,
  type FieldValues,
  FormProvider,
  useForm,
  useFormContext,
  type UseFormReturn,
} from "react-hook-form";
import { useTranslations } from "use-intl";
import type { $ZodType } from "zod/v4/core";
import { ProblemError } from "../api/problem";
import type { Conversion } from "../format/units";
import { Button } from "./Button";
import { Checkbox } from "./Checkbox";
import styles from "./Form.module.css";
import { useFocusOnWrong } from "./focus-wrong";
import { layErrors } from "./form-errors";
import { ErrorNotice, Notice } from "./Notice";
import { NumberField, type NumberFieldProps } from "./NumberField";
import { useReason } from "./reasons";
import { Select, type SelectProps } from "./Select";
import { TextField, type TextFieldProps } from "./TextField";

/** The schema's messages are keys of the catalogue `ui.field`, or sentences of the server. */
export function useAppForm<Values extends FieldValues>(schema: $ZodType<Values, Values>, defaults: DefaultValues<Values>) {
  return useForm<Values>({ resolver: zodResolver(schema), defaultValues: defaults, mode: "onTouched" });
}

export interface FormProps<Values extends FieldValues> {
  form: UseFormReturn<Values>;
  /** Throws what went wrong (`ProblemError`, `NoAnswer`); the form shows it. */
  onSubmit: (values: Values) => Promise<unknown>;
  submit: string;
  onCancel?: () => void;
  children: ReactNode;
}

export function Form<Values extends FieldValues>({ form, onSubmit, submit, onCancel, children }: FormProps<Values>) {
  const t = useTranslations("ui");
  const [failure, setFailure] = useState<{ error: unknown; rest: string[] }>();
  const [wrong, setWrong] = useState<object>();
  const place = useRef<HTMLFormElement>(null);
  useFocusOnWrong(place, wrong);
  const send = form.handleSubmit(
    async (values) => {
      setFailure(undefined);
      try {
        await onSubmit(values);
      } catch (error) {
        setFailure(lay(form, error));
      }
      // Whatever is wrong then: what the server said of a field, or what the page found by itself.
      setWrong({});
    },
    () => setWrong({}),
  );
  return (
    <FormProvider {...form}>
      <form ref={place} noValidate className={styles.form} onSubmit={send}>
        {children}
        {failure && failure.rest.length > 0 && (
          <Notice tone="danger" live title={t("error.refused.title")}>
            {failure.rest.join(" ")}
          </Notice>
        )}
        {failure && failure.rest.length === 0 && failure.error !== undefined && <ErrorNotice error={failure.error} />}
        <div className={styles.actions}>
          {onCancel && <Button onPress={onCancel}>{t("cancel")}</Button>}
          <Button type="submit" variant="primary" busy={form.formState.isSubmitting}>
            {submit}
          </Button>
        </div>
      </form>
    </FormProvider>
  );
}

function lay<Values extends FieldValues>(form: UseFormReturn<Values>, error: unknown): { error: unknown; rest: string[] } {
  if (!(error instanceof ProblemError) || !error.problem.errors?.length) return { error, rest: [] };
  const values = form.getValues();
  const laid = layErrors(error.problem, (name) => hasPath(values, name.split(".")));
  for (const { name, reason } of laid.fields) form.setError(name as FieldPath<Values>, { type: "server", message: reason });
  return { error: laid.fields.length > 0 ? undefined : error, rest: laid.rest };
}

function hasPath(value: unknown, [first, ...rest]: string[]): boolean {
  if (first === undefined) return true;
  if (typeof value !== "object" || value === null || !(first in value)) return false;
  return hasPath((value as Record<string, unknown>)[first], rest);
}

/** Messages of our own schemas are keys; what the server said is shown as it is. */
function useMessage(): (message: string | undefined) => string | undefined {
  const t = useTranslations("ui.field");
  const reasonOf = useReason();
  return (message) => {
    if (message === undefined || message === "") return undefined;
    return t.has(message as "required") ? t(message as "required") : reasonOf(message);
  };
}

type Bound<Props> = Omit<Props, "value" | "onChange" | "onBlur" | "error" | "name" | "defaultValue"> & { name: string };

export function FormText({ name, ...rest }: Bound<TextFieldProps>) {
  const { control } = useFormContext();
  const message = useMessage();
  return (
    <Controller
      name={name}
      control={control}
      render={({ field, fieldState }) => (
        <TextField {...rest} name={name} value={String(field.value ?? "")} onChange={field.onChange} onBlur={field.onBlur} error={message(fieldState.error?.message)} />
      )}
    />
  );
}

/** With a conversion: filled in in one unit, kept in another. What is typed stays as it is typed. */
export function FormNumber({ name, conversion, ...rest }: Bound<NumberFieldProps> & { conversion?: Conversion }) {
  const { control } = useFormContext();
  const message = useMessage();
  const [typed, setTyped] = useState<number>();
  function shown(kept: unknown): number | undefined {
    if (typeof kept !== "number") return undefined;
    if (conversion === undefined) return kept;
    return typed !== undefined && conversion.back(typed) === kept ? typed : Math.round(conversion.of(kept));
  }
  function keep(value: number | undefined, onChange: (kept: number | undefined) => void): void {
    setTyped(value);
    onChange(value === undefined || conversion === undefined ? value : conversion.back(value));
  }
  return (
    <Controller
      name={name}
      control={control}
      render={({ field, fieldState }) => (
        <NumberField
          {...rest}
          value={shown(field.value)}
          onChange={(value) => keep(value, field.onChange)}
          onBlur={field.onBlur}
          error={message(fieldState.error?.message)}
        />
      )}
    />
  );
}

export function FormSelect<Id extends string>({ name, ...rest }: Bound<SelectProps<Id>>) {
  const { control } = useFormContext();
  const message = useMessage();
  return (
    <Controller
      name={name}
      control={control}
      render={({ field, fieldState }) => (
        <Select {...rest} value={(field.value as Id | undefined) ?? null} onChange={field.onChange} onBlur={field.onBlur} error={message(fieldState.error?.message)} />
      )}
    />
  );
}

export function FormCheckbox({ name, children }: { name: string; children: ReactNode }) {
  const { control } = useFormContext();
  return (
    <Controller
      name={name}
      control={control}
      render={({ field }) => (
        <Checkbox isSelected={field.value === true} onChange={field.onChange} onBlur={field.onBlur}>
          {children}
        </Checkbox>
      )}
    />
  );
}
