// Search and commands in one box, opened by Ctrl/Cmd-K or the shell's button.
export interface SearchPaletteProps {
  isOpen: boolean;
  onOpenChange: (open: boolean) => void;
}

export function SearchPalette(_props: SearchPaletteProps) {
  return null;
}
