// What a home is called, where it stands and which clock it follows; and its end.
import { useNavigate } from "@tanstack/react-router";
import { Trash2 } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { homeChangeBody } from "../api/bodies";
import { type Home, useDeleteHome, useUpdateHome } from "../api/homes";
import { AreaField } from "../homes/AreaField";
import { Button } from "../ui/Button";
import { ConfirmDialog } from "../ui/Dialog";
import { Form, FormSelect, FormText, useAppForm } from "../ui/Form";
import { Section } from "../ui/Section";
import { TextField } from "../ui/TextField";
import { showToast } from "../ui/toasts";
import styles from "./Manage.module.css";

const KINDS = ["house", "apartment", "holiday_rental", "room", "office", "other"] as const;

export function HomeForm({ home }: { home: Home }) {
  const t = useTranslations("manage.homeForm");
  const words = useTranslations("homes");
  const update = useUpdateHome(home.id);
  const form = useAppForm(homeChangeBody, {
    name: home.name,
    address: home.address,
    property_type: home.property_type,
    time_zone: home.time_zone,
    floor_area_m2: home.floor_area_m2 ?? null,
  });
  const zones = useMemo(() => {
    const known = Intl.supportedValuesOf("timeZone");
    const all = known.includes(home.time_zone) ? known : [home.time_zone, ...known];
    return all.map((id) => ({ id, label: id.replaceAll("_", " ") }));
  }, [home.time_zone]);
  return (
    <Form
      form={form}
      submit={t("save")}
      onSubmit={async ({ name, address, property_type, time_zone, floor_area_m2 }) => {
        const { name: saved } = await update.mutateAsync({
          name: name ?? home.name,
          address: address ?? "",
          property_type: property_type ?? home.property_type,
          time_zone: time_zone ?? home.time_zone,
          floor_area_m2: floor_area_m2 ?? null,
        });
        showToast({ tone: "ok", title: t("saved", { name: saved }) });
      }}
    >
      <FormText name="name" label={words("create.name")} />
      <FormText name="address" label={words("create.address")} optional autoComplete="off" />
      <FormSelect name="property_type" label={words("create.kind")} items={KINDS.map((id) => ({ id, label: words(`kinds.${id}`) }))} />
      <FormSelect name="time_zone" label={words("create.zone")} help={words("create.zoneHelp")} items={zones} />
      <AreaField />
    </Form>
  );
}

/** A whole home is more than a slip should cost: its name has to be typed. */
export function DeleteHome({ home }: { home: Home }) {
  const t = useTranslations("manage.homeForm");
  const navigate = useNavigate();
  const remove = useDeleteHome();
  const [asking, setAsking] = useState(false);
  const [typed, setTyped] = useState("");
  const [wrong, setWrong] = useState(false);
  function confirm(): void {
    if (typed.trim() !== home.name) return setWrong(true);
    remove.mutate(home.id, {
      onSuccess: () => {
        showToast({ tone: "ok", title: t("deleted", { name: home.name }) });
        void navigate({ to: "/homes" });
      },
    });
  }
  return (
    <Section title={t("end")}>
      <div className={styles.end}>
        <p className={styles.help}>{t("endWhy")}</p>
        <Button variant="danger" icon={Trash2} onPress={() => setAsking(true)}>
          {t("delete")}
        </Button>
      </div>
      <ConfirmDialog
        dangerous
        isOpen={asking}
        title={t("deleteOf", { name: home.name })}
        confirm={t("delete")}
        busy={remove.isPending}
        error={remove.error}
        onOpenChange={setAsking}
        onConfirm={confirm}
      >
        <div className={styles.stack}>
          <p>{t("deleteWhy")}</p>
          <TextField
            autoFocus
            label={t("typeName", { name: home.name })}
            value={typed}
            onChange={(value) => (setTyped(value), setWrong(false))}
            error={wrong ? t("wrongName") : undefined}
          />
        </div>
      </ConfirmDialog>
    </Section>
  );
}
