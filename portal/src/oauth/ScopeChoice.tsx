// Which of the scopes something gets: each with what it means.
import { useId } from "react";
import { Checkbox } from "../ui/Checkbox";
import fieldStyles from "../ui/Field.module.css";
import { FootWords } from "../ui/FieldParts";
import styles from "./OAuth.module.css";
import type { Scope } from "./scopes";
import { useScopeWords } from "./scope-words";

export interface ScopeChoiceProps {
  label: string;
  offered: readonly Scope[];
  chosen: ReadonlySet<Scope>;
  onChange: (chosen: ReadonlySet<Scope>) => void;
  error?: string | undefined;
}

export function ScopeChoice({ label, offered, chosen, onChange, error }: ScopeChoiceProps) {
  const id = useId();
  const words = useScopeWords();
  function choose(scope: Scope, on: boolean): void {
    const next = new Set(chosen);
    if (on) next.add(scope);
    else next.delete(scope);
    onChange(next);
  }
  return (
    <div role="group" aria-labelledby={id} aria-describedby={error === undefined ? undefined : `${id}-foot`} className={styles.choice}>
      <span id={id} className={fieldStyles.label}>
        {label}
      </span>
      {offered.map((scope) => {
        const { name, what } = words(scope);
        return (
          <Checkbox key={scope} isSelected={chosen.has(scope)} onChange={(on) => choose(scope, on)}>
            <span className={styles.scopeWords}>
              <span>{name}</span>
              <span className={styles.soft}>{what}</span>
            </span>
          </Checkbox>
        );
      })}
      {error !== undefined && (
        <div id={`${id}-foot`} className={fieldStyles.error}>
          <FootWords error={error} />
        </div>
      )}
    </div>
  );
}
