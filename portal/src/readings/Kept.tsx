// How many readings there are, since when and until when.
import { useTranslations } from "use-intl";
import { numberFormat } from "../format/formatters";
import { millis } from "../format/instant";
import { dayName } from "../format/moment";
import { useVoice } from "../format/voice";
import { useNow } from "../ui/now";
import { Skeleton } from "../ui/Skeleton";
import type { Counted } from "./queries";

export function Kept({ stored, zone }: { stored: Counted | undefined; zone: string }) {
  const t = useTranslations("readings");
  const voice = useVoice();
  const now = useNow();
  if (stored === undefined) return <Skeleton width={280} height={20} />;
  if (stored.count === 0) return <>{t("none")}</>;
  const day = (instants: string[], pick: (...all: number[]) => number) => dayName(pick(...instants.map(millis)), voice, { zone, now });
  const first = day(stored.series.map((one) => one.first), Math.min);
  const last = day(stored.series.map((one) => one.last), Math.max);
  return <>{t("kept", { count: numberFormat(voice.locale).format(stored.count), first, last })}</>;
}
