// Which topics are watched, and whether they are.
import { getRouteApi } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useTranslations } from "use-intl";
import { isFilter } from "../connect/filters";
import type { WatchState } from "../live/watch";
import { Button } from "../ui/Button";
import { Status } from "../ui/Status";
import { TextField } from "../ui/TextField";
import type { Tone } from "../ui/tone";
import styles from "./Explorer.module.css";

const route = getRouteApi("/_app/homes/$homeId/mqtt");

const TONES: Record<WatchState, Tone> = { opening: "unknown", open: "ok", lost: "attention", refused: "attention" };

export function FilterBar({ filter, state }: { filter: string; state: WatchState }) {
  const t = useTranslations("explorer");
  const navigate = route.useNavigate();
  const [text, setText] = useState(filter);
  const [wrong, setWrong] = useState(false);
  function submit(event: FormEvent): void {
    event.preventDefault();
    const wanted = text.trim() === "" ? "#" : text.trim();
    if (!isFilter(wanted)) return setWrong(true);
    void navigate({ search: wanted === "#" ? {} : { filter: wanted }, replace: true });
  }
  return (
    <form noValidate className={styles.filter} onSubmit={submit}>
      <TextField
        label={t("filter")}
        help={t("filterHelp")}
        error={wrong ? t("filterWrong") : undefined}
        value={text}
        spellCheck={false}
        autoCapitalize="none"
        autoComplete="off"
        onChange={(value) => (setText(value), setWrong(false))}
      />
      <Button type="submit">{t("apply")}</Button>
      <span className={styles.state} role="status">
        <Status soft tone={TONES[state]} label={t(`state.${state}`)} />
      </span>
    </form>
  );
}
