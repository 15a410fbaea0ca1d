// The addresses that a client may send people back to: one a line.

export function addressesOf(text: string): string[] {
  return [...new Set(text.split("\n").map((line) => line.trim()).filter((line) => line !== ""))];
}
