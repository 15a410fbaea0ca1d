// What needs attention today, the homes at a glance, and what happened last.
import { dateFormat } from "../format/formatters";
import { useTranslations } from "use-intl";
import { useScope } from "../app/scope";
import { useVoice } from "../format/voice";
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
  return (
    <Page
      title={t("title")}
      subtitle={dateFormat(locale, { weekday: "long", day: "numeric", month: "long", timeZone: zone }).format(now)}
      // Another organisation begins its activity anew.
      aside={<Activity key={organisation ?? "all"} organisation={organisation} />}
    >
      <Attention organisation={organisation} />
      <HomesAtAGlance organisation={organisation} />
    </Page>
  );
}
