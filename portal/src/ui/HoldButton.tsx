// A button for what must not happen by accident (unlocking a door): held for a moment, or, where nothing can be held
// (screen readers, switch access), pressed twice.
import { LoaderCircle, type LucideIcon } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button as AriaButton, type PressEvent } from "react-aria-components/Button";
import { useTranslations } from "use-intl";
import { classes } from "./classes";
import styles from "./HoldButton.module.css";

const HOLD_MS = 900;
/** How long a first press, or the hint after a short one, stays in force. */
const ARMED_MS = 5_000;

export interface HoldButtonProps {
  /** "Unlock". */
  label: string;
  icon?: LucideIcon;
  onHeld: () => void;
  tone?: "normal" | "danger";
  busy?: boolean;
  isDisabled?: boolean;
}

type Phase = "idle" | "holding" | "hint" | "armed";

export function HoldButton({ label, icon: Icon, onHeld, tone = "normal", busy = false, isDisabled = false }: HoldButtonProps) {
  const t = useTranslations("ui");
  const [phase, setPhase] = useState<Phase>("idle");
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);

  function later(ms: number, next: () => void): void {
    clearTimeout(timer.current);
    timer.current = setTimeout(next, ms);
  }
  function done(): void {
    clearTimeout(timer.current);
    setPhase("idle");
    onHeld();
  }
  function begin(event: PressEvent): void {
    if (event.pointerType === "virtual") {
      if (phase === "armed") return done();
      setPhase("armed");
      return later(ARMED_MS, () => setPhase("idle"));
    }
    setPhase("holding");
    later(HOLD_MS, done);
  }
  function end(event: PressEvent): void {
    if (event.pointerType === "virtual" || phase !== "holding") return;
    setPhase("hint");
    later(ARMED_MS, () => setPhase("idle"));
  }

  const words = { idle: label, holding: t("hold.holding"), hint: t("hold.hint"), armed: t("hold.armed", { label }) }[phase];
  return (
    <AriaButton
      aria-label={phase === "idle" ? t("hold.name", { label }) : `${label}: ${words}`}
      isDisabled={isDisabled}
      isPending={busy}
      onPressStart={begin}
      onPressEnd={end}
      style={{ "--hold": `${HOLD_MS}ms` } as React.CSSProperties}
      className={classes(styles.button, tone === "danger" && styles.danger, phase === "holding" && styles.holding)}
    >
      <span className={styles.fill} aria-hidden />
      <span className={styles.words}>
        {busy ? <LoaderCircle size={16} className={styles.spin} aria-hidden /> : Icon && <Icon size={16} aria-hidden />}
        <span aria-live="polite">{words}</span>
      </span>
    </AriaButton>
  );
}
