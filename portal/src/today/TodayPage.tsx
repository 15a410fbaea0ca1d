// What needs attention today, the homes at a glance, and what happened last.
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useDeferredValue } from "react";
import { useTranslations } from "use-intl";
import { attentionQuery } from "../api/attention";
import { useMayManage, useScope } from "../app/scope";
import { dateFormat } from "../format/formatters";
import { useVoice } from "../format/voice";
import { ButtonLink } from "../ui/Button";
import { useNow } from "../ui/now";
import { Page } from "../ui/Page";
import { Activity } from "./Activity";
import { Attention } from "./Attention";
import { HomesAtAGlance } from "./HomesAtAGlance";

export function TodayPage() {
  const t = useTranslations("today");
  const { locale, zone } = useVoice();
  const now = useNow();
  const { organisation } = useScope();
  const mayAdd = useMayManage(organisation);
  const concerns = useQuery(attentionQuery(organisation === undefined ? {} : { organisation }));
  // What needs attention stands above all else and is of any length: what is below it would jump when it comes.
  const isJudged = useDeferredValue(!concerns.isPending);
  return (
    <Page
      title={t("title")}
      subtitle={dateFormat(locale, { weekday: "long", day: "numeric", month: "long", timeZone: zone }).format(now)}
      action={
        mayAdd && (
          <ButtonLink icon={Plus} to="/devices/add">
            {t("addDevice")}
          </ButtonLink>
        )
      }
      // Another organisation begins its activity anew.
      aside={<Activity key={organisation ?? "all"} organisation={organisation} isHeld={!isJudged} />}
    >
      <Attention organisation={organisation} />
      <HomesAtAGlance organisation={organisation} isHeld={!isJudged} />
    </Page>
  );
}
