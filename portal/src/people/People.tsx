// Who belongs to an organisation and who is invited, with what may be done about it.
import { useQuery } from "@tanstack/react-query";
import { UserPlus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslations } from "use-intl";
import { type Member, membersQuery } from "../api/lists";
import { useProfile } from "../api/session";
import { millisOrNull } from "../format/instant";
import { useChooseOrganisation, useMayManage, useScope } from "../app/scope";
import { Button } from "../ui/Button";
import { ErrorState } from "../ui/ErrorState";
import { Card, Section } from "../ui/Section";
import { Select } from "../ui/Select";
import { SkeletonRows } from "../ui/Skeleton";
import { useNow } from "../ui/now";
import { Invitations } from "./Invitations";
import { MemberRow } from "./MemberRow";
import type { MemberTask } from "./MemberDialogs";

const MemberDialog = lazy(async () => ({ default: (await import("./MemberDialogs")).MemberDialog }));
const InviteDialog = lazy(async () => ({ default: (await import("./InviteDialog")).InviteDialog }));

export function People() {
  const t = useTranslations("people");
  const { organisation, organisations } = useScope();
  const choose = useChooseOrganisation();
  const id = organisation ?? organisations[0]?.id;
  if (id === undefined) return null;
  return (
    <>
      {organisations.length > 1 && (
        <Select label={t("organisation")} items={organisations.map((one) => ({ id: one.id, label: one.name }))} value={id} onChange={choose} />
      )}
      <OfOrganisation key={id} id={id} />
    </>
  );
}

function OfOrganisation({ id }: { id: string }) {
  const t = useTranslations("people");
  const profile = useProfile();
  const mayManage = useMayManage(id);
  const members = useQuery(membersQuery(id));
  const now = useNow();
  const [inviting, setInviting] = useState(false);
  const [asked, setAsked] = useState<{ member: Member; task: MemberTask }>();
  const role = profile.memberships.find(({ organisation }) => organisation === id)?.role;
  const present = (members.data ?? []).filter((one) => (millisOrNull(one.valid_until) ?? Number.POSITIVE_INFINITY) > now);
  return (
    <>
      <Section
        title={t("members")}
        {...(present.length > 0 && { count: present.length })}
        action={
          mayManage && (
            <Button size="small" icon={UserPlus} onPress={() => setInviting(true)}>
              {t("inviteSomebody")}
            </Button>
          )
        }
      >
        {members.isPending && <SkeletonRows count={3} label={t("loading")} />}
        {members.isError && !members.data && <ErrorState error={members.error} onRetry={() => void members.refetch()} />}
        {members.data && (
          <Card flush>
            {present.map((member) => (
              <MemberRow
                key={member.id}
                member={member}
                mine={member.user === profile.id}
                role={role}
                onTask={(task) => setAsked({ member, task })}
              />
            ))}
          </Card>
        )}
      </Section>
      {mayManage && <Invitations organisation={id} />}
      <Suspense>
        {inviting && <InviteDialog organisation={id} role={role} onClose={() => setInviting(false)} />}
        {asked && <MemberDialog organisation={id} role={role} member={asked.member} task={asked.task} onClose={() => setAsked(undefined)} />}
      </Suspense>
    </>
  );
}
