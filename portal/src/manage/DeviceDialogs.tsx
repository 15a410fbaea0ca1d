// What one does to a device from a list: change it, replace its hardware, give it new credentials, remove it.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import * as z from "zod/mini";
import type { Schemas } from "../api/client";
import { type Device, homesQuery, roomsQuery } from "../api/lists";
import { newKey } from "../api/once";
import { CredentialsPanel } from "../onboarding/CredentialsPanel";
import { sampleFor } from "../onboarding/presets";
import { Button } from "../ui/Button";
import { ConfirmDialog, Dialog, DialogActions } from "../ui/Dialog";
import { Form, FormNumber, FormSelect, FormText, useAppForm } from "../ui/Form";
import { showToast } from "../ui/toasts";
import { useDeleteDevice, useReplaceDevice, useRotateCredentials, useUpdateDevice } from "./changes";
import styles from "./Manage.module.css";
import { NO_ROOM, parseTags } from "./rows";

export type DeviceTask = "edit" | "replace" | "rotate" | "delete";
type Registered = Schemas["RegisteredView"];

export interface DeviceDialogProps {
  device: Device;
  task: DeviceTask;
  onClose: () => void;
}

/** One dialog at a time. New credentials take the place of the question that led to them. */
export function DeviceDialog({ device, task, onClose }: DeviceDialogProps) {
  const t = useTranslations("manage");
  const [registered, setRegistered] = useState<Registered>();
  const onOpenChange = (open: boolean) => {
    if (!open) onClose();
  };
  if (registered !== undefined) {
    return (
      <Dialog wide isOpen title={t("credentials", { name: device.name })} onOpenChange={onOpenChange}>
        <CredentialsPanel name={device.name} credentials={registered.credentials} sample={sampleFor(registered.endpoints)} />
        <DialogActions>
          <Button variant="primary" onPress={onClose}>
            {t("kept")}
          </Button>
        </DialogActions>
      </Dialog>
    );
  }
  if (task === "rotate") return <Rotate device={device} onOpenChange={onOpenChange} onDone={setRegistered} />;
  if (task === "delete") return <Remove device={device} onOpenChange={onOpenChange} />;
  return (
    <Dialog isOpen title={t(`${task}.title`, { name: device.name })} onOpenChange={onOpenChange}>
      {task === "edit" ? <Edit device={device} onClose={onClose} /> : <Replace device={device} onClose={onClose} onDone={setRegistered} />}
    </Dialog>
  );
}

const text = () => z.string().check(z.trim(), z.maxLength(120, "tooLong"));

const editSchema = z.object({
  name: z.string().check(z.trim(), z.minLength(1, "required"), z.maxLength(120, "tooLong")),
  home: z.string(),
  room: z.string(),
  tags: z.string(),
  vendor: text(),
  model: text(),
  serial: text(),
  expected_interval_s: z.int("notANumber").check(z.gte(1, "tooSmall"), z.lte(604_800, "tooLarge")),
});

function Edit({ device, onClose }: { device: Device; onClose: () => void }) {
  const t = useTranslations("manage");
  const update = useUpdateDevice();
  const homes = (useQuery(homesQuery).data ?? []).filter((home) => home.organisation === device.organisation);
  const form = useAppForm(editSchema, {
    name: device.name,
    home: device.home,
    room: device.room ?? NO_ROOM,
    tags: device.tags.join(", "),
    vendor: device.vendor,
    model: device.model,
    serial: device.serial ?? "",
    expected_interval_s: device.expected_interval_s,
  });
  const home = form.watch("home");
  const rooms = useQuery(roomsQuery(home)).data ?? [];
  return (
    <Form
      form={form}
      submit={t("edit.save")}
      onCancel={onClose}
      onSubmit={async (values) => {
        const room = rooms.some(({ id }) => id === values.room) ? values.room : null;
        const serial = values.serial === "" ? null : values.serial;
        await update.mutateAsync({ id: device.id, body: { ...values, room, serial, tags: parseTags(values.tags) } });
        onClose();
        showToast({ tone: "ok", title: t("edit.done", { name: values.name }) });
      }}
    >
      <FormText name="name" label={t("name")} autoFocus />
      <FormSelect name="home" label={t("home")} items={homes.map(({ id, name }) => ({ id, label: name }))} />
      <FormSelect name="room" label={t("room")} items={[{ id: NO_ROOM, label: t("noRoom") }, ...rooms.map(({ id, name }) => ({ id, label: name }))]} />
      <FormText name="tags" label={t("tags")} help={t("tagsHelp")} optional />
      <FormText name="vendor" label={t("vendor")} optional />
      <FormText name="model" label={t("model")} optional />
      <FormText name="serial" label={t("serial")} optional />
      <FormNumber name="expected_interval_s" label={t("interval")} help={t("intervalHelp")} unit="s" minValue={1} maxValue={604_800} />
    </Form>
  );
}

const replaceSchema = z.object({ vendor: text(), model: text(), serial: text(), firmware: text() });

function Replace({ device, onClose, onDone }: { device: Device; onClose: () => void; onDone: (registered: Registered) => void }) {
  const t = useTranslations("manage");
  const replace = useReplaceDevice();
  const [key] = useState(newKey);
  const form = useAppForm(replaceSchema, { vendor: device.vendor, model: device.model, serial: "", firmware: "" });
  return (
    <Form
      form={form}
      submit={t("replace.submit")}
      onCancel={onClose}
      onSubmit={async ({ vendor, model, serial, firmware }) => {
        const body = { vendor, model, ...(serial !== "" && { serial }), ...(firmware !== "" && { firmware }) };
        onDone(await replace.mutateAsync({ id: device.id, body, key }));
      }}
    >
      <p className={styles.help}>{t("replace.why")}</p>
      <FormText name="vendor" label={t("vendor")} optional autoFocus />
      <FormText name="model" label={t("model")} optional />
      <FormText name="serial" label={t("serial")} optional />
      <FormText name="firmware" label={t("firmware")} optional />
    </Form>
  );
}

interface QuestionProps {
  device: Device;
  onOpenChange: (open: boolean) => void;
}

function Rotate({ device, onOpenChange, onDone }: QuestionProps & { onDone: (registered: Registered) => void }) {
  const t = useTranslations("manage.rotate");
  const rotate = useRotateCredentials();
  return (
    <ConfirmDialog
      isOpen
      title={t("title", { name: device.name })}
      confirm={t("submit")}
      busy={rotate.isPending}
      error={rotate.error}
      onOpenChange={onOpenChange}
      onConfirm={() => rotate.mutate(device.id, { onSuccess: onDone })}
    >
      {t("why")}
    </ConfirmDialog>
  );
}

function Remove({ device, onOpenChange }: QuestionProps) {
  const t = useTranslations("manage.delete");
  const remove = useDeleteDevice();
  return (
    <ConfirmDialog
      isOpen
      dangerous
      title={t("title", { name: device.name })}
      confirm={t("submit")}
      busy={remove.isPending}
      error={remove.error}
      onOpenChange={onOpenChange}
      onConfirm={() =>
        remove.mutate(device.id, {
          onSuccess: () => {
            onOpenChange(false);
            showToast({ tone: "ok", title: t("done", { name: device.name }) });
          },
        })
      }
    >
      {t("why")}
    </ConfirmDialog>
  );
}
