// New credentials with chosen rights, or the rights of those that there are.
import { useTranslations } from "use-intl";
import * as z from "zod/mini";
import { type IssuedMqttClient, type MqttClient, useCreateMqttClient, useUpdateMqttClient } from "../api/mqtt-clients";
import { Dialog } from "../ui/Dialog";
import { Form, FormCheckbox, FormText, useAppForm } from "../ui/Form";
import { showToast } from "../ui/toasts";
import { filtersOf, linesOf } from "./filters";
import type { Rights } from "./guides";

const schema = z.object({
  name: z.string().check(z.trim(), z.minLength(1, "required"), z.maxLength(120, "tooLong")),
  username: z.string().check(z.trim(), z.maxLength(64, "tooLong")),
  publish: z.string(),
  subscribe: z.string(),
  trusted: z.boolean(),
});

export interface ClientDialogProps {
  home: string;
  /** Without one, new credentials are made. */
  client?: MqttClient | undefined;
  suggested?: { name: string } & Partial<Rights>;
  onClose: () => void;
  onIssued: (issued: IssuedMqttClient) => void;
}

export function ClientDialog(props: ClientDialogProps) {
  const t = useTranslations("connect.form");
  const { client, onClose } = props;
  return (
    <Dialog isOpen title={client === undefined ? t("new") : t("edit", { name: client.name })} onOpenChange={(open) => !open && onClose()}>
      <ClientForm {...props} />
    </Dialog>
  );
}

function ClientForm({ home, client, suggested, onClose, onIssued }: ClientDialogProps) {
  const t = useTranslations("connect.form");
  const words = useTranslations("connect.clients");
  const create = useCreateMqttClient(home);
  const update = useUpdateMqttClient(home);
  const known = client ?? suggested;
  const form = useAppForm(schema, {
    name: known?.name ?? "",
    username: "",
    publish: linesOf(known?.publish),
    subscribe: linesOf(known?.subscribe),
    trusted: client?.trusted ?? false,
  });
  return (
    <Form
      form={form}
      submit={t(client === undefined ? "create" : "save")}
      onCancel={onClose}
      onSubmit={async ({ name, username, trusted, ...topics }) => {
        const rights = { publish: filtersOf(topics.publish), subscribe: filtersOf(topics.subscribe) };
        if (client === undefined) {
          onIssued(await create.mutateAsync({ name, trusted, ...rights, ...(username !== "" && { username }) }));
          return;
        }
        await update.mutateAsync({ id: client.id, body: { name, trusted, ...rights } });
        onClose();
        showToast({ tone: "ok", title: words("saved", { name }) });
      }}
    >
      <FormText name="name" label={t("name")} placeholder={t("namePlaceholder")} autoFocus />
      {client === undefined && <FormText name="username" label={t("username")} help={t("usernameHelp")} optional autoComplete="off" autoCapitalize="none" spellCheck={false} />}
      <FormText name="publish" label={t("publish")} help={t("filterHelp")} lines={3} optional spellCheck={false} />
      <FormText name="subscribe" label={t("subscribe")} help={t("filterHelp")} lines={3} optional spellCheck={false} />
      <FormCheckbox name="trusted">{t("trusted")}</FormCheckbox>
    </Form>
  );
}
