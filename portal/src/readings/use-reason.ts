// The words for why a reading was refused; what has none of ours is shown as the server said it.
import { useTranslations } from "use-intl";
import { useReason } from "../ui/reasons";
import type { Wrong } from "./import-file";
import { knownReading } from "./reasons";

const FIELDS = ["time", "endpoint", "attribute", "value", "row"] as const;

export function useReadingReason(): (reason: string) => string {
  const t = useTranslations("readings.reason");
  const others = useReason();
  return (reason) => {
    const known = knownReading(reason);
    if (known === undefined) return others(reason);
    const [first, second, third] = known.named;
    return t(known.key, { first, second, third });
  };
}

/** "Value: …": what is wrong, and with which column. */
export function useWrong(): (wrong: Wrong) => string {
  const t = useTranslations("readings");
  const reasonOf = useReadingReason();
  return ({ field, reason }) => {
    const column = FIELDS.find((one) => one === field.replace(/^\//, ""));
    return t("wrong", { column: column === undefined ? field : t(`column.${column}`), reason: reasonOf(reason) });
  };
}
