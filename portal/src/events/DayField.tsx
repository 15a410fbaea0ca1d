// A day, chosen with the browser's own calendar: it knows the reader's habits and works on every phone.
import { useId } from "react";
import styles from "./Events.module.css";

export interface DayFieldProps {
  label: string;
  /** `2026-11-21`. */
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

export function DayField({ label, value, onChange }: DayFieldProps) {
  const id = useId();
  return (
    <div className={styles.day}>
      <label htmlFor={id}>{label}</label>
      <input id={id} type="date" value={value ?? ""} onChange={(event) => onChange(event.target.value === "" ? undefined : event.target.value)} />
    </div>
  );
}
