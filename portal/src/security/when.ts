// Moments of the account, in the reader's own zone.
import { type Instant, millis } from "../format/instant";
import { moment } from "../format/moment";
import { useVoice } from "../format/voice";
import { useNow } from "../ui/now";

export function useWhen(): (instant: Instant) => string {
  const voice = useVoice();
  const now = useNow();
  return (instant) => moment(millis(instant), voice, { zone: voice.zone, now });
}
