// What is done about a member: another role or end, removing, leaving, handing over.
import { useNavigate } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import * as z from "zod/mini";
import type { Member } from "../api/lists";
import { type Role, useChangeMember, useLeave, useRemoveMember, useTransfer } from "../api/people";
import { millis } from "../format/instant";
import { ConfirmDialog, Dialog } from "../ui/Dialog";
import { Form, FormSelect, FormText, useAppForm } from "../ui/Form";
import { showToast } from "../ui/toasts";
import { endOfDay, givableBy, ROLES } from "./words";

export type MemberTask = "change" | "remove" | "leave" | "transfer";

export interface MemberDialogProps {
  organisation: string;
  member: Member;
  role: Role | undefined;
  task: MemberTask;
  onClose: () => void;
}

export function MemberDialog(props: MemberDialogProps) {
  switch (props.task) {
    case "change":
      return <Change {...props} />;
    case "remove":
      return <Remove {...props} />;
    case "leave":
      return <Leave {...props} />;
    case "transfer":
      return <Transfer {...props} />;
  }
}

const schema = z.object({ role: z.enum(ROLES), until: z.string() });

/** The last day counted in, as a date field shows it. */
function lastDay(member: Member): string {
  if (member.valid_until == null) return "";
  const day = new Date(millis(member.valid_until) - 1);
  return [day.getFullYear(), day.getMonth() + 1, day.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}

function Change({ organisation, member, role, onClose }: MemberDialogProps) {
  const t = useTranslations("people");
  const roles = useTranslations("settings.roles");
  const change = useChangeMember(organisation);
  const form = useAppForm(schema, { role: member.role, until: lastDay(member) });
  return (
    <Dialog isOpen title={t("changeTitle", { name: member.name })} onOpenChange={(open) => !open && onClose()}>
      <Form
        form={form}
        submit={t("save")}
        onCancel={onClose}
        onSubmit={async ({ role: next, until }) => {
          await change.mutateAsync({ member: member.id, body: { role: next, valid_until: endOfDay(until) ?? null } });
          onClose();
          showToast({ tone: "ok", title: t("changed", { name: member.name }) });
        }}
      >
        <FormSelect name="role" label={t("role")} items={givableBy(role).map((id) => ({ id, label: roles(`${id}.name`) }))} />
        <FormText name="until" type="date" label={t("lastDay")} help={t("lastDayHelp")} optional />
      </Form>
    </Dialog>
  );
}

function Remove({ organisation, member, onClose }: MemberDialogProps) {
  const t = useTranslations("people");
  const remove = useRemoveMember(organisation);
  return (
    <ConfirmDialog
      isOpen
      dangerous
      title={t("removeTitle", { name: member.name })}
      confirm={t("remove")}
      onOpenChange={(open) => !open && onClose()}
      onConfirm={() => remove.mutate(member.id, { onSuccess: () => (onClose(), showToast({ tone: "ok", title: t("removed", { name: member.name }) })) })}
      busy={remove.isPending}
      error={remove.error}
    >
      {t("removeWhat")}
    </ConfirmDialog>
  );
}

function Leave({ organisation, onClose }: MemberDialogProps) {
  const t = useTranslations("people");
  const navigate = useNavigate();
  const leave = useLeave(organisation);
  return (
    <ConfirmDialog
      isOpen
      dangerous
      title={t("leaveTitle")}
      confirm={t("leave")}
      onOpenChange={(open) => !open && onClose()}
      onConfirm={() => leave.mutate(undefined, { onSuccess: () => (onClose(), showToast({ tone: "ok", title: t("left") }), void navigate({ to: "/", search: { org: undefined } })) })}
      busy={leave.isPending}
      error={leave.error}
    >
      {t("leaveWhat")}
    </ConfirmDialog>
  );
}

function Transfer({ organisation, member, onClose }: MemberDialogProps) {
  const t = useTranslations("people");
  const transfer = useTransfer(organisation);
  return (
    <ConfirmDialog
      isOpen
      dangerous
      title={t("transferTitle", { name: member.name })}
      confirm={t("transferNow")}
      onOpenChange={(open) => !open && onClose()}
      onConfirm={() => transfer.mutate(member.id, { onSuccess: () => (onClose(), showToast({ tone: "ok", title: t("transferred", { name: member.name }) })) })}
      busy={transfer.isPending}
      error={transfer.error}
    >
      {t("transferWhat", { name: member.name })}
    </ConfirmDialog>
  );
}
