// What is filled in: fields alone, and a form with its errors.
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useTranslations } from "use-intl";
import * as z from "zod/mini";
import { NoAnswer, ProblemError } from "../api/problem";
import { Card } from "../ui/Section";
import { Checkbox } from "../ui/Checkbox";
import { CopyField } from "../ui/CopyField";
import { FileButton } from "../ui/FileButton";
import { Form, FormCheckbox, FormNumber, FormSelect, FormText, useAppForm } from "../ui/Form";
import { NumberField } from "../ui/NumberField";
import { PlainForm } from "../ui/PlainForm";
import { QrCode } from "../ui/QrCode";
import { Select } from "../ui/Select";
import { Snippet } from "../ui/Snippet";
import { SearchField, TextField } from "../ui/TextField";
import { Group, Specimen } from "./Specimen";

const nothing = () => undefined;

function taken(reason: string): ProblemError {
  return new ProblemError({ title: "Conflict", status: 409, detail: reason, errors: [{ field: "/name", reason }] });
}

export function Fields() {
  const t = useTranslations("showcase");
  return (
    <Group title={t("groups.fields")}>
      <Texts />
      <Choices />
      <Specimen name="CopyField, QrCode" columns>
        <CopyField label={t("words.user")} value="01a1fdf7-0897-7329-abca-5557198cfdd8" />
        <CopyField label={t("words.password")} value="not-a-real-password" secret />
        <QrCode text="lares://device?id=01a1fdf7&host=lares.example" label={t("words.qr")} size={144} />
      </Specimen>
      <Specimen name="Snippet" block>
        <Snippet label={t("words.commands")} text={"curl -s https://lares.example/api/health\ncurl -s https://lares.example/api/homes -H 'Authorization: Bearer ...'"} />
      </Specimen>
      <Specimen name="FileButton">
        <FileButton accept=".csv" onChoose={nothing}>
          {t("words.chooseFile")}
        </FileButton>
        <FileButton accept=".csv" variant="primary" onChoose={nothing}>
          {t("words.chooseFile")}
        </FileButton>
      </Specimen>
      <Specimen name="PlainForm" columns>
        <SamplePlain />
        <Sent>
          <SamplePlain name="" />
        </Sent>
        <Sent>
          <SamplePlain answer={() => Promise.reject(taken(t("words.nameTaken")))} />
        </Sent>
        <Sent>
          <SamplePlain answer={() => Promise.reject(new NoAnswer())} />
        </Sent>
        <Sent>
          <SamplePlain answer={() => new Promise(nothing)} wide />
        </Sent>
      </Specimen>
      <Specimen name="Form" columns>
        <Card>
          <SampleForm />
        </Card>
        <Card>
          <SampleForm refused />
        </Card>
      </Specimen>
    </Group>
  );
}

function Texts() {
  const t = useTranslations("showcase.words");
  const [found, setFound] = useState("Via Roma");
  const [empty, setEmpty] = useState("");
  return (
    <>
      <Specimen name="TextField" columns>
        <TextField label={t("name")} defaultValue={t("familyHouse")} />
        <TextField label={t("address")} optional placeholder={t("addressExample")} help={t("addressHelp")} />
        <TextField label={t("name")} error={t("nameTaken")} defaultValue={t("familyHouse")} />
        <TextField label={t("name")} isDisabled defaultValue={t("familyHouse")} />
        <TextField label={t("notes")} lines={3} optional />
      </Specimen>
      <Specimen name="SearchField" columns>
        <SearchField label={t("search")} value={found} onChange={setFound} />
        <SearchField label={t("search")} value={empty} onChange={setEmpty} />
      </Specimen>
      <Specimen name="NumberField" columns>
        <NumberField label={t("area")} unit="m²" defaultValue={1280.5} />
        <NumberField label={t("area")} unit="m²" error={t("areaTooLarge")} defaultValue={9_999_999} />
      </Specimen>
    </>
  );
}

function Choices() {
  const t = useTranslations("showcase.words");
  const [kind, setKind] = useState<"house" | "flat">("house");
  const items = [
    { id: "house", label: t("house") },
    { id: "flat", label: t("flat") },
  ] as const;
  return (
    <>
      <Specimen name="Select" columns>
        <Select label={t("kind")} value={kind} onChange={setKind} items={items} />
        <Select label={t("kind")} value={null} onChange={setKind} items={items} placeholder={t("choose")} error={t("choose")} />
        <Select label={t("kind")} value={kind} onChange={setKind} items={items} isDisabled />
      </Specimen>
      <Specimen name="Checkbox">
        <Checkbox defaultSelected>{t("consent")}</Checkbox>
        <Checkbox>{t("consent")}</Checkbox>
        <Checkbox isIndeterminate>{t("some")}</Checkbox>
        <Checkbox isDisabled>{t("disabled")}</Checkbox>
      </Specimen>
    </>
  );
}

/** A form as it stands once it was sent; inert, so that it takes no focus for what is wrong in it. */
function Sent({ children }: { children: ReactNode }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => place.current?.querySelector("form")?.requestSubmit(), []);
  return (
    <div ref={place} inert>
      {children}
    </div>
  );
}

interface PlainSample {
  name?: string;
  answer?: () => Promise<unknown>;
  wide?: boolean;
}

function SamplePlain({ name, answer = async () => undefined, wide = false }: PlainSample) {
  const t = useTranslations("showcase.words");
  const initial = { name: name ?? t("familyHouse"), note: "" };
  return (
    <Card>
      <PlainForm initial={initial} optional={["note"]} submit={t("save")} wide={wide} onSubmit={answer} {...(!wide && { onCancel: nothing })}>
        {(field) => (
          <>
            <TextField {...field("name")} label={t("name")} />
            <TextField {...field("note")} label={t("notes")} optional />
          </>
        )}
      </PlainForm>
    </Card>
  );
}

const sample = z.object({
  name: z.string().check(z.minLength(1, "required"), z.maxLength(120, "tooLong")),
  kind: z.enum(["house", "flat"]),
  area: z.optional(z.number().check(z.gt(0, "tooSmall"))),
  notify: z.boolean(),
});

function SampleForm({ refused = false }: { refused?: boolean }) {
  const t = useTranslations("showcase.words");
  const form = useAppForm(sample, { name: t("familyHouse"), kind: "house", notify: true });
  const { setError } = form;
  useEffect(() => {
    if (refused) setError("name", { type: "server", message: t("nameTaken") });
  }, [refused, setError, t]);
  return (
    <Form
      form={form}
      submit={t("save")}
      onCancel={() => form.reset()}
      onSubmit={() => Promise.reject(taken(t("nameTaken")))}
    >
      <FormText name="name" label={t("name")} />
      <FormSelect
        name="kind"
        label={t("kind")}
        items={[
          { id: "house", label: t("house") },
          { id: "flat", label: t("flat") },
        ]}
      />
      <FormNumber name="area" label={t("area")} unit="m²" optional />
      <FormCheckbox name="notify">{t("consent")}</FormCheckbox>
    </Form>
  );
}
