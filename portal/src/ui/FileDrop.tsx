// A place that takes one file: dropped on it, or chosen with its button.
import { FileUp } from "lucide-react";
import { type DragEvent, useState } from "react";
import { classes } from "./classes";
import { FileButton } from "./FileButton";
import styles from "./FileDrop.module.css";

export interface FileDropProps {
  /** As in `<input accept>`: ".csv,text/csv". */
  accept: string;
  /** The button's words, and those beside it for who has a mouse. */
  label: string;
  drop: string;
  /** Nothing was chosen yet: it is the page's first deed. */
  isFirst: boolean;
  onFile: (file: File) => void;
}

export function FileDrop({ accept, label, drop, isFirst, onFile }: FileDropProps) {
  const [isOver, setOver] = useState(false);
  function hover(event: DragEvent): void {
    if (!event.dataTransfer.types.includes("Files")) return;
    // Without it the browser would open the file in place of the page.
    event.preventDefault();
    setOver(true);
  }
  function take(event: DragEvent): void {
    event.preventDefault();
    setOver(false);
    const file = event.dataTransfer.files[0];
    if (file) onFile(file);
  }
  return (
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- dropping is the mouse's way; the button inside is everybody's
    <div className={classes(styles.drop, isOver && styles.over)} onDragEnter={hover} onDragOver={hover} onDragLeave={() => setOver(false)} onDrop={take}>
      <FileUp size={24} aria-hidden />
      <FileButton accept={accept} variant={isFirst ? "primary" : "secondary"} onChoose={onFile}>
        {label}
      </FileButton>
      <p className={styles.words}>{drop}</p>
    </div>
  );
}
