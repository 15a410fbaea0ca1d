// Makes a home: its name, where it stands, its zone and kind.
import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useTimeZone, useTranslations } from "use-intl";
import { newHomeBody } from "../api/bodies";
import { useCreateHome } from "../api/homes";
import { newKey } from "../api/once";
import { useProfile } from "../api/session";
import { useScope } from "../app/scope";
import { Dialog } from "../ui/Dialog";
import { Form, FormSelect, FormText, useAppForm } from "../ui/Form";
import { showToast } from "../ui/toasts";
import { AreaField } from "./AreaField";

const KINDS = ["house", "apartment", "holiday_rental", "room", "office", "other"] as const;

export interface CreateHomeDialogProps {
  isOpen: boolean;
  onOpenChange: (open: boolean) => void;
}

export function CreateHomeDialog({ isOpen, onOpenChange }: CreateHomeDialogProps) {
  const t = useTranslations("homes.create");
  return (
    <Dialog title={t("title")} isOpen={isOpen} onOpenChange={onOpenChange}>
      <CreateHomeForm onDone={() => onOpenChange(false)} />
    </Dialog>
  );
}

function CreateHomeForm({ onDone }: { onDone: () => void }) {
  const t = useTranslations("homes");
  const navigate = useNavigate();
  const create = useCreateHome();
  const { memberships } = useProfile();
  const { organisation } = useScope();
  const manageable = memberships.filter(({ role }) => role === "owner" || role === "admin");
  const viewerZone = useTimeZone() ?? "UTC";
  // One key for one dialog: pressing again after a lost answer makes no second home.
  const [key] = useState(newKey);
  const form = useAppForm(newHomeBody, {
    organisation: organisation ?? manageable[0]?.organisation ?? "",
    name: "",
    address: "",
    time_zone: viewerZone,
    property_type: "house",
  });
  const zones = useMemo(() => {
    const known = Intl.supportedValuesOf("timeZone");
    const all = known.includes(viewerZone) ? known : [viewerZone, ...known];
    return all.map((id) => ({ id, label: id.replaceAll("_", " ") }));
  }, [viewerZone]);
  return (
    <Form
      form={form}
      submit={t("create.submit")}
      onCancel={onDone}
      onSubmit={async (body) => {
        const home = await create.mutateAsync({ body, key });
        onDone();
        showToast({ tone: "ok", title: t("create.done", { name: home.name }) });
        await navigate({ to: "/homes/$homeId", params: { homeId: home.id } });
      }}
    >
      {manageable.length > 1 && (
        <FormSelect
          name="organisation"
          label={t("create.organisation")}
          items={manageable.map((one) => ({ id: one.organisation, label: one.organisation_name }))}
        />
      )}
      <FormText name="name" label={t("create.name")} placeholder={t("create.nameExample")} autoFocus />
      <FormText name="address" label={t("create.address")} optional autoComplete="off" />
      <FormSelect name="property_type" label={t("create.kind")} items={KINDS.map((id) => ({ id, label: t(`kinds.${id}`) }))} />
      <FormSelect name="time_zone" label={t("create.zone")} help={t("create.zoneHelp")} items={zones} />
      <AreaField />
    </Form>
  );
}
