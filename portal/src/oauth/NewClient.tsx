// Registering a program: its kind, where it sends people back to, and what it may ask for.
import { useState } from "react";
import { useTranslations } from "use-intl";
import * as z from "zod/mini";
import { useCreateOAuthClient } from "../api/oauth";
import { Dialog } from "../ui/Dialog";
import { Form, FormSelect, FormText, useAppForm } from "../ui/Form";
import { ClientSecret } from "./ClientSecret";
import { KINDS, leadsBack, registrationOf } from "./kinds";
import { addressesOf } from "./redirects";
import { ScopeChoice } from "./ScopeChoice";
import type { Scope } from "./scopes";

const OF_PEOPLE = ["openid", "profile", "email", "homes:read", "devices:control", "doors:unlock", "homes:manage", "offline_access"] as const satisfies readonly Scope[];
/** A service is nobody, and never away. */
const OF_SERVICES = ["homes:read", "devices:control", "doors:unlock", "homes:manage"] as const satisfies readonly Scope[];
const SERVICE_ROLES = ["viewer", "member", "admin"] as const;

const schema = z.object({
  name: z.string().check(z.trim(), z.minLength(1, "required"), z.maxLength(120, "tooLong")),
  kind: z.enum(KINDS),
  redirect_uris: z.string(),
  role: z.enum(SERVICE_ROLES),
});
type Values = z.infer<typeof schema>;

export function NewClient({ organisation, onClose }: { organisation: string; onClose: () => void }) {
  const t = useTranslations("oauth.clients");
  const roles = useTranslations("settings.roles");
  const create = useCreateOAuthClient(organisation);
  const [scopes, setScopes] = useState<ReadonlySet<Scope>>(new Set(["openid", "profile", "homes:read", "offline_access"]));
  const form = useAppForm<Values>(schema, { name: "", kind: "server", redirect_uris: "", role: "viewer" });
  const kind = form.watch("kind");
  const offered: readonly Scope[] = kind === "service" ? OF_SERVICES : OF_PEOPLE;
  if (create.data !== undefined) {
    return <ClientSecret title={t("made")} id={create.data.id} secret={create.data.client_secret ?? undefined} onClose={onClose} />;
  }
  function submit({ name, redirect_uris: lines, role }: Values): Promise<unknown> {
    return create.mutateAsync({
      name,
      ...registrationOf(kind),
      redirect_uris: leadsBack(kind) ? addressesOf(lines) : [],
      scopes: offered.filter((scope) => scopes.has(scope)),
      ...(kind === "service" && { role }),
    });
  }
  return (
    <Dialog isOpen wide title={t("make")} onOpenChange={(open) => !open && onClose()}>
      <Form form={form} submit={t("create")} onCancel={onClose} onSubmit={submit}>
        <FormText name="name" label={t("name")} help={t("nameHelp")} autoFocus />
        <FormSelect name="kind" label={t("kind")} help={t("kindHelp")} items={KINDS.map((id) => ({ id, label: t(`kinds.${id}`) }))} />
        {leadsBack(kind) && <FormText name="redirect_uris" label={t("redirects")} help={t("redirectsHelp")} lines={3} spellCheck={false} />}
        {kind === "service" && <FormSelect name="role" label={t("role")} help={t("roleHelp")} items={SERVICE_ROLES.map((id) => ({ id, label: roles(`${id}.name`) }))} />}
        <ScopeChoice label={t("may")} offered={offered} chosen={scopes} onChange={setScopes} />
      </Form>
    </Dialog>
  );
}
