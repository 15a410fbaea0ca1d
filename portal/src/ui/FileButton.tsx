// A button that asks for one file from this device.
import { type ReactNode, useRef } from "react";
import { Button, type ButtonVariant } from "./Button";

export interface FileButtonProps {
  /** As in `<input accept>`: ".csv,text/csv". */
  accept: string;
  onChoose: (file: File) => void;
  variant?: ButtonVariant;
  children: ReactNode;
}

export function FileButton({ accept, onChoose, variant = "secondary", children }: FileButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        accept={accept}
        hidden
        onChange={({ target }) => {
          const file = target.files?.[0];
          // So that choosing the same file again, mended in between, is a change too.
          target.value = "";
          if (file) onChoose(file);
        }}
      />
      <Button variant={variant} onPress={() => input.current?.click()}>
        {children}
      </Button>
    </>
  );
}
