// A value by dragging: brightness, a blind's position. Tells the value while dragging, and once when let go.
import { numberFormat } from "../format/formatters";
import { type CSSProperties, useEffect, useId, useRef } from "react";
import { useVoice } from "../format/voice";
import styles from "./Field.module.css";

export interface SliderProps {
  label: string;
  value: number;
  minValue?: number;
  maxValue?: number;
  step?: number;
  formatOptions?: Intl.NumberFormatOptions;
  isDisabled?: boolean;
  onChange?: (value: number) => void;
  /** When it is let go: the moment to send a command. */
  onChangeEnd?: (value: number) => void;
}

export function Slider({ label, value, minValue = 0, maxValue = 100, step = 1, formatOptions, isDisabled = false, onChange, onChangeEnd }: SliderProps) {
  const id = useId();
  const { locale } = useVoice();
  const input = useRef<HTMLInputElement>(null);
  const ended = useRef(onChangeEnd);
  useEffect(() => {
    ended.current = onChangeEnd;
  });
  useEffect(() => {
    const element = input.current;
    if (element === null) return undefined;
    // React's onChange is the browser's `input`; its `change` is the one that comes once, at the end.
    const tell = () => ended.current?.(element.valueAsNumber);
    element.addEventListener("change", tell);
    return () => element.removeEventListener("change", tell);
  }, []);
  const text = numberFormat(locale, formatOptions).format(value);
  const filled = maxValue > minValue ? ((value - minValue) / (maxValue - minValue)) * 100 : 0;
  return (
    <div className={styles.slider}>
      <div className={styles.sliderWords}>
        <label htmlFor={id}>{label}</label>
        <output htmlFor={id}>{text}</output>
      </div>
      <input
        ref={input}
        id={id}
        type="range"
        className={styles.range}
        style={{ "--filled": `${filled}%` } as CSSProperties}
        min={minValue}
        max={maxValue}
        step={step}
        value={value}
        aria-valuetext={text}
        disabled={isDisabled}
        onChange={({ target }) => onChange?.(target.valueAsNumber)}
      />
    </div>
  );
}
