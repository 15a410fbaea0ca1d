// The topics as a tree to unfold, level by level. What is folded is not drawn: there may be thousands.
import { memo, useState } from "react";
import { useTranslations } from "use-intl";
import styles from "./Explorer.module.css";
import { type Branch, excerptOf } from "./topics";

/** A tree this small is read at once, so it comes unfolded. */
const UNFOLDED_MOST = 24;

interface Props {
  branches: readonly Branch[];
  chosen: string | undefined;
  onChoose: (topic: string) => void;
}

export function TopicTree({ branches, chosen, onChoose }: Props) {
  const all = branches.reduce((sum, { count }) => sum + count, 0);
  return (
    <ul className={styles.tree}>
      {branches.map((branch) => (
        <Level key={branch.path} branch={branch} chosen={chosen} onChoose={onChoose} isSmall={all <= UNFOLDED_MOST} />
      ))}
    </ul>
  );
}

interface LevelProps extends Omit<Props, "branches"> {
  branch: Branch;
  isSmall: boolean;
}

/** An empty level is one, and must be seen. */
const nameOf = ({ level }: Branch) => (level === "" ? "∅" : level);

const Level = memo(function Level({ branch, chosen, onChoose, isSmall }: LevelProps) {
  const t = useTranslations("explorer");
  const leads = chosen !== undefined && (chosen === branch.path || chosen.startsWith(`${branch.path}/`));
  const [open, setOpen] = useState(isSmall || leads);
  const { topic } = branch;
  const leaf = topic && (
    <button type="button" className={styles.topic} aria-current={chosen === topic.topic || undefined} aria-label={topic.topic} onClick={() => onChoose(topic.topic)}>
      <span className={styles.level}>{nameOf(branch)}</span>
      <code className={styles.excerpt}>{excerptOf(topic.messages[0]?.payload ?? "", 60)}</code>
    </button>
  );
  if (branch.branches.length === 0) return <li>{leaf}</li>;
  return (
    <li>
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary className={styles.branch}>
          <span className={styles.level}>{nameOf(branch)}</span>
          <span className={styles.soft}>{t("treeCount", { count: branch.count })}</span>
        </summary>
        {open && (
          <ul className={styles.inner}>
            {leaf && <li>{leaf}</li>}
            {branch.branches.map((inner) => (
              <Level key={inner.path} branch={inner} chosen={chosen} onChoose={onChoose} isSmall={isSmall} />
            ))}
          </ul>
        )}
      </details>
    </li>
  );
});
