// The first step: what kind of device it is, what it is called, and where it will stand.
import { useQuery } from "@tanstack/react-query";
import { Check } from "lucide-react";
import { useEffect, useId, useRef, useState } from "react";
import { useTranslations } from "use-intl";
import * as z from "zod/mini";
import { answer, api, type Schemas } from "../api/client";
import { useHomes } from "../api/homes";
import { roomsQuery } from "../api/lists";
import { newKey } from "../api/once";
import { useScope } from "../app/scope";
import { capabilitiesQuery } from "../device/capabilities";
import { icons } from "../device/icons";
import type { Say } from "../format/say";
import { useVoice } from "../format/voice";
import { capabilityName } from "../format/wording";
import { Checkbox } from "../ui/Checkbox";
import { Form, FormNumber, FormSelect, FormText, useAppForm } from "../ui/Form";
import { Section } from "../ui/Section";
import styles from "./Onboarding.module.css";
import { endpointsOf, type Preset, presetFacts, PRESETS, tagsOf } from "./presets";

export type Registered = Schemas["RegisteredView"];

const NEW_ROOM = "new";
const NO_ROOM = "none";

const optionalText = () => z.string().check(z.trim(), z.maxLength(120, "tooLong"));

const schema = z.object({
  name: z.string().check(z.trim(), z.minLength(1, "required"), z.maxLength(120, "tooLong")),
  home: z.string().check(z.minLength(1, "required")),
  room: z.string(),
  newRoom: optionalText(),
  vendor: optionalText(),
  model: optionalText(),
  serial: optionalText(),
  expected_interval_s: z.int("notANumber").check(z.gte(1, "tooSmall"), z.lte(604_800, "tooLarge")),
});

type Values = z.infer<typeof schema>;

export interface DeviceFormProps {
  home: string | undefined;
  room: string | undefined;
  onRegistered: (registered: Registered, preset: Preset, capabilities: readonly string[]) => void;
}

export function DeviceForm({ home, room, onRegistered }: DeviceFormProps) {
  const t = useTranslations("onboarding");
  const { organisation } = useScope();
  const homes = useHomes().data?.filter((one) => organisation === undefined || one.organisation === organisation || one.id === home);
  const [preset, setPreset] = useState<Preset>("plug");
  const [custom, setCustom] = useState<ReadonlySet<string>>(new Set());
  const firstHome = home ?? (homes?.length === 1 ? homes[0]?.id : undefined) ?? "";
  const form = useAppForm(schema, {
    name: "", home: firstHome, room: room ?? NO_ROOM, newRoom: "", vendor: "", model: "", serial: "", expected_interval_s: 60,
  });
  const chosenHome = form.watch("home");
  // The only home that it can be needs no choosing, also when the list comes after the form.
  useEffect(() => {
    if (chosenHome === "" && firstHome !== "") form.setValue("home", firstHome);
  }, [form, chosenHome, firstHome]);
  const rooms = useQuery({ ...roomsQuery(chosenHome), enabled: chosenHome !== "" }).data ?? [];
  const wantsNewRoom = form.watch("room") === NEW_ROOM;
  // One key for one wish: a second press after a lost answer registers nothing twice.
  const key = useRef({ body: "", key: "" });
  const once = (body: unknown) => {
    const text = JSON.stringify(body);
    if (key.current.body !== text) key.current = { body: text, key: newKey() };
    return key.current.key;
  };
  function choose(next: Preset): void {
    setPreset(next);
    form.setValue("expected_interval_s", presetFacts(next, []).interval_s);
  }
  async function submit(values: Values): Promise<void> {
    const facts = presetFacts(preset, [...custom]);
    const roomId = await roomOf(values);
    if (roomId !== undefined && values.room === NEW_ROOM) form.setValue("room", roomId);
    const { name, vendor, model, serial, expected_interval_s } = values;
    const body: Schemas["NewDeviceBody"] = {
      home: values.home, name, vendor, model, expected_interval_s, endpoints: endpointsOf(facts), tags: tagsOf(preset),
      ...(roomId !== undefined && { room: roomId }),
      ...(serial !== "" && { serial }),
    };
    const registered = await answer(api.POST("/api/iot/devices/register", { body, params: { header: { "Idempotency-Key": once(body) } } }));
    onRegistered(registered, preset, facts.capabilities);
  }
  return (
    <Form form={form} onSubmit={submit} submit={t("form.submit")}>
      <Section title={t("form.kind")}>
        <PresetPicker value={preset} onChange={choose} />
        {preset === "custom" && <CapabilityPicker chosen={custom} onChange={setCustom} />}
      </Section>
      <FormText name="name" label={t("form.name")} placeholder={t(`example.${preset}`)} />
      <FormSelect name="home" label={t("form.home")} placeholder={t("form.chooseHome")} items={(homes ?? []).map(({ id, name }) => ({ id, label: name }))} />
      <FormSelect
        name="room"
        label={t("form.room")}
        items={[{ id: NO_ROOM, label: t("form.noRoom") }, ...rooms.map(({ id, name }) => ({ id, label: name })), { id: NEW_ROOM, label: t("form.newRoom") }]}
      />
      {wantsNewRoom && <FormText name="newRoom" label={t("form.newRoomName")} />}
      <details className={styles.more}>
        <summary>{t("form.more")}</summary>
        <div className={styles.moreFields}>
          <FormText name="vendor" label={t("form.vendor")} optional />
          <FormText name="model" label={t("form.model")} optional />
          <FormText name="serial" label={t("form.serial")} help={t("form.serialHelp")} optional />
          <FormNumber name="expected_interval_s" label={t("form.interval")} help={t("form.intervalHelp")} unit="s" minValue={1} maxValue={604_800} />
        </div>
      </details>
    </Form>
  );

  async function roomOf(values: Values): Promise<string | undefined> {
    if (values.room === NO_ROOM) return undefined;
    if (values.room !== NEW_ROOM) return values.room;
    const name = values.newRoom;
    const there = rooms.find((known) => plain(known.name) === plain(name));
    if (there !== undefined) return there.id;
    const path = { id: values.home };
    return (await answer(api.POST("/api/homes/{id}/rooms", { body: { name }, params: { path } }))).id;
  }
}

/** As the server compares names of rooms. */
function plain(name: string): string {
  return name.trim().toLowerCase();
}

function PresetPicker({ value, onChange }: { value: Preset; onChange: (preset: Preset) => void }) {
  const t = useTranslations("onboarding");
  const name = useId();
  return (
    <div role="radiogroup" aria-label={t("form.kind")} className={styles.presets}>
      {PRESETS.map((preset) => {
        const Icon = icons[presetFacts(preset, []).icon];
        return (
          <label key={preset} className={styles.preset}>
            <input type="radio" name={name} className={styles.presetInput} checked={preset === value} onChange={() => onChange(preset)} />
            <Icon size={20} aria-hidden />
            <span>{t(`preset.${preset}`)}</span>
            {preset === value && <Check size={16} aria-hidden />}
          </label>
        );
      })}
    </div>
  );
}

function CapabilityPicker({ chosen, onChange }: { chosen: ReadonlySet<string>; onChange: (chosen: ReadonlySet<string>) => void }) {
  const t = useTranslations("onboarding");
  const say: Say = useVoice().say;
  const capabilities = useQuery(capabilitiesQuery).data ?? [];
  return (
    <fieldset className={styles.capabilities}>
      <legend>{t("form.capabilities")}</legend>
      {capabilities.map(({ name }) => (
        <Checkbox
          key={name}
          isSelected={chosen.has(name)}
          onChange={(on) => {
            const next = new Set(chosen);
            if (on) next.add(name);
            else next.delete(name);
            onChange(next);
          }}
        >
          {capabilityName(name, say)}
        </Checkbox>
      ))}
    </fieldset>
  );
}
