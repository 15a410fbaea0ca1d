// What is done about a registered program: its name and addresses, a new secret, its end.
import { useTranslations } from "use-intl";
import * as z from "zod/mini";
import { type OAuthClient, useChangeOAuthClient, useDeleteOAuthClient, useRotateClientSecret } from "../api/oauth";
import { OVERLAPS } from "../security/lasting";
import { ConfirmDialog, Dialog } from "../ui/Dialog";
import { Form, FormSelect, FormText, useAppForm } from "../ui/Form";
import { showToast } from "../ui/toasts";
import { ClientSecret } from "./ClientSecret";
import styles from "./OAuth.module.css";
import { addressesOf } from "./redirects";

export type ClientTask = "change" | "secret" | "delete";

export interface ClientDialogProps {
  organisation: string;
  client: OAuthClient;
  task: ClientTask;
  onClose: () => void;
}

export function ClientDialog(props: ClientDialogProps) {
  switch (props.task) {
    case "change":
      return <Change {...props} />;
    case "secret":
      return <Rotate {...props} />;
    case "delete":
      return <Delete {...props} />;
  }
}

const schema = z.object({
  name: z.string().check(z.trim(), z.minLength(1, "required"), z.maxLength(120, "tooLong")),
  redirect_uris: z.string(),
});

function Change({ organisation, client, onClose }: ClientDialogProps) {
  const t = useTranslations("oauth.clients");
  const change = useChangeOAuthClient(organisation);
  const form = useAppForm(schema, { name: client.name, redirect_uris: client.redirect_uris.join("\n") });
  return (
    <Dialog isOpen title={t("change")} onOpenChange={(open) => !open && onClose()}>
      <Form
        form={form}
        submit={t("save")}
        onCancel={onClose}
        onSubmit={({ name, redirect_uris: lines }) => change.mutateAsync({ id: client.id, body: { name, redirect_uris: addressesOf(lines) } }).then(onClose)}
      >
        <FormText name="name" label={t("name")} autoFocus />
        <FormText name="redirect_uris" label={t("redirects")} help={t("redirectsHelp")} lines={3} spellCheck={false} />
      </Form>
    </Dialog>
  );
}

const rotateSchema = z.object({ overlap: z.enum(OVERLAPS) });

function Rotate({ organisation, client, onClose }: ClientDialogProps) {
  const t = useTranslations("oauth.clients");
  const words = useTranslations("security.tokens");
  const rotate = useRotateClientSecret(organisation);
  const form = useAppForm<z.infer<typeof rotateSchema>>(rotateSchema, { overlap: "86400" });
  if (rotate.data !== undefined) return <ClientSecret title={t("rotated")} id={client.id} secret={rotate.data.client_secret ?? undefined} onClose={onClose} />;
  return (
    <Dialog isOpen title={t("rotateTitle", { name: client.name })} onOpenChange={(open) => !open && onClose()}>
      <p className={styles.soft}>{t("rotateWhat")}</p>
      <Form form={form} submit={t("rotate")} onCancel={onClose} onSubmit={({ overlap }) => rotate.mutateAsync({ id: client.id, overlap_s: Number(overlap) })}>
        <FormSelect name="overlap" label={words("overlap")} items={OVERLAPS.map((id) => ({ id, label: words(`overlaps.${id}`) }))} />
      </Form>
    </Dialog>
  );
}

function Delete({ organisation, client, onClose }: ClientDialogProps) {
  const t = useTranslations("oauth.clients");
  const remove = useDeleteOAuthClient(organisation);
  return (
    <ConfirmDialog
      isOpen
      dangerous
      title={t("deleteTitle", { name: client.name })}
      confirm={t("delete")}
      onOpenChange={(open) => !open && onClose()}
      onConfirm={() => remove.mutate(client.id, { onSuccess: () => (onClose(), showToast({ tone: "ok", title: t("deleted") })) })}
      busy={remove.isPending}
      error={remove.error}
    >
      {t("deleteWhat")}
    </ConfirmDialog>
  );
}
