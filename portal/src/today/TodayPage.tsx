// What needs attention today, the homes at a glance, and what happened last.
import { useFormatter, useTranslations } from "use-intl";
import { useScope } from "../app/scope";
import { useNow } from "../ui/now";
import { Page } from "../ui/Page";
import { Activity } from "./Activity";
import { Attention } from "./Attention";
import { HomesAtAGlance } from "./HomesAtAGlance";

export function TodayPage() {
  const t = useTranslations("today");
  const format = useFormatter();
  const now = useNow();
  const { organisation } = useScope();
  return (
    <Page
      title={t("title")}
      subtitle={format.dateTime(now, { weekday: "long", day: "numeric", month: "long" })}
      // Another organisation begins its activity anew.
      aside={<Activity key={organisation ?? "all"} organisation={organisation} />}
    >
      <Attention organisation={organisation} />
      <HomesAtAGlance organisation={organisation} />
    </Page>
  );
}
