// One reading corrected: what it says, what it should say, and why. What it said stays readable as known before.
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import type { Device } from "../api/lists";
import { newKey } from "../api/once";
import { ProblemError } from "../api/problem";
import type { AttributeSpec } from "../device/capabilities";
import { scaleFor } from "../format/quantity";
import { conversion } from "../format/units";
import { useVoice } from "../format/voice";
import { twoStateOf, type Value, valueText } from "../format/wording";
import { Dialog } from "../ui/Dialog";
import { Facts } from "../ui/Facts";
import { type BoundText, PlainForm } from "../ui/PlainForm";
import { Select } from "../ui/Select";
import { TextField } from "../ui/TextField";
import { shownIn, valueOf } from "./corrected-value";
import { type Corrected, type Reading, useCorrect } from "./queries";
import styles from "./Readings.module.css";
import { seriesName } from "./series-names";
import { useReadingReason } from "./use-reason";

interface Props {
  device: Device;
  reading: Reading;
  spec: AttributeSpec | undefined;
  words: (value: unknown) => string;
  time: string;
  onClose: () => void;
  onDone: (corrected: Corrected) => void;
}

export function CorrectDialog({ device, reading, spec, words, time, onClose, onDone }: Props) {
  const t = useTranslations("readings.correct");
  const reasonOf = useReadingReason();
  const voice = useVoice();
  const correct = useCorrect(device.id);
  // Asked again after no answer it is the same deed; with other words it is another.
  const [keys] = useState(() => new Map<string, string>());
  const before = reading.value as Value;
  const unit = useMemo(() => conversion(spec?.unit ?? "", voice.units), [spec?.unit, voice.units]);
  async function send({ value: typed, reason }: Record<"value" | "reason", string>): Promise<void> {
    const value = valueOf(typed, before, spec, unit);
    if (value === undefined) throw wrongValue(t("noValue"));
    if (value === before) throw wrongValue(t("same"));
    const { endpoint, attribute, time: at } = reading;
    const body = { endpoint, attribute, time: at, value, reason };
    const key = keys.get(JSON.stringify(body)) ?? newKey();
    keys.set(JSON.stringify(body), key);
    try {
      onDone(await correct.mutateAsync({ body, key }));
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      const errors = (error.problem.errors ?? []).map((one) => ({ ...one, reason: reasonOf(one.reason) }));
      throw new ProblemError({ ...error.problem, errors });
    }
  }
  return (
    <Dialog isOpen title={t("title")} onOpenChange={(open) => !open && onClose()}>
      <div className={styles.dialog}>
        <Facts
          items={[
            { name: t("series"), value: seriesName(device, reading.endpoint, reading.attribute, voice.say) },
            { name: t("time"), value: time },
            { name: t("before"), value: words(before) },
          ]}
        />
        <PlainForm initial={{ value: shownIn(before, unit), reason: "" }} submit={t("save")} onCancel={onClose} onSubmit={send}>
          {(field) => (
            <>
              <ValueField field={field("value")} attribute={reading.attribute} before={before} spec={spec} device={device} unit={scaleFor(unit.unit, 0).unit} />
              <TextField {...field("reason")} label={t("reason")} help={t("reasonHelp")} maxLength={500} autoComplete="off" />
              <p className={styles.soft}>{t("stays")}</p>
            </>
          )}
        </PlainForm>
      </div>
    </Dialog>
  );
}

interface ValueProps {
  field: BoundText;
  attribute: string;
  before: Value;
  spec: AttributeSpec | undefined;
  device: Device;
  unit: string;
}

/** States are chosen, everything else is typed. */
function ValueField({ field, attribute, before, spec, device, unit }: ValueProps) {
  const t = useTranslations("readings.correct");
  const voice = useVoice();
  const kind = spec?.kind;
  const choices: Value[] = kind?.type === "enum" ? kind.choices : typeof before === "boolean" ? [true, false] : [];
  if (choices.length > 0) {
    const items = choices.map((value) => ({ id: String(value), label: valueText(attribute, value, voice, { twoState: twoStateOf(device) }) }));
    return <Select label={t("after")} items={items} value={field.value} onChange={field.onChange} error={field.error} />;
  }
  const isNumber = typeof before === "number";
  return <TextField {...field} autoFocus label={unit === "" ? t("after") : t("afterIn", { unit })} {...(isNumber && { inputMode: "decimal" as const })} autoComplete="off" />;
}

/** Said at the field, like what the server finds wrong. */
function wrongValue(reason: string): ProblemError {
  return new ProblemError({ title: "", status: 422, detail: "", errors: [{ field: "/value", reason }] });
}
