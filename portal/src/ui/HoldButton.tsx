// A button for what must not happen by accident (unlocking a door): held for a moment, by finger, mouse or key, or,
// where nothing can be held (screen readers, switch access), pressed twice.
import { LoaderCircle, type LucideIcon } from "lucide-react";
import { type CSSProperties, type KeyboardEvent, useEffect, useRef, useState } from "react";
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

function useHold(onHeld: () => void, idle: boolean) {
  const [phase, setPhase] = useState<Phase>("idle");
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  /** A click that no finger, mouse or key began comes from assistive technology. */
  const touched = useRef(false);
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
  function begin(): void {
    touched.current = true;
    if (!idle) return;
    setPhase("holding");
    later(HOLD_MS, done);
  }
  function end(): void {
    if (phase !== "holding") return;
    setPhase("hint");
    later(ARMED_MS, () => setPhase("idle"));
  }
  function click(): void {
    const began = touched.current;
    touched.current = false;
    if (began || !idle) return;
    if (phase === "armed") return done();
    setPhase("armed");
    later(ARMED_MS, () => setPhase("idle"));
  }
  return { phase, begin, end, click };
}

const isPressKey = ({ key }: KeyboardEvent) => key === " " || key === "Enter";

export function HoldButton({ label, icon: Icon, onHeld, tone = "normal", busy = false, isDisabled = false }: HoldButtonProps) {
  const t = useTranslations("ui");
  const { phase, begin, end, click } = useHold(onHeld, !busy && !isDisabled);
  const words = { idle: label, holding: t("hold.holding"), hint: t("hold.hint"), armed: t("hold.armed", { label }) }[phase];
  return (
    <button
      type="button"
      disabled={isDisabled}
      aria-disabled={busy || undefined}
      aria-busy={busy || undefined}
      aria-label={phase === "idle" ? t("hold.name", { label }) : `${label}: ${words}`}
      style={{ "--hold": `${HOLD_MS}ms` } as CSSProperties}
      className={classes(styles.button, tone === "danger" && styles.danger, phase === "holding" && styles.holding)}
      onPointerDown={(event) => event.button === 0 && begin()}
      onPointerUp={end}
      onPointerLeave={end}
      onPointerCancel={end}
      onContextMenu={(event) => event.preventDefault()}
      onKeyDown={(event) => {
        if (!isPressKey(event)) return;
        event.preventDefault();
        if (!event.repeat) begin();
      }}
      onKeyUp={(event) => isPressKey(event) && end()}
      onBlur={end}
      onClick={click}
    >
      <span className={styles.fill} aria-hidden />
      <span className={styles.words}>
        {busy ? <LoaderCircle size={16} className={styles.spin} aria-hidden /> : Icon && <Icon size={16} aria-hidden />}
        <span aria-live="polite">{words}</span>
      </span>
    </button>
  );
}
