// Codes that a device shows to be typed elsewhere (RFC 8628, section 6.1): how they are typed does not matter.

export function tidyUserCode(text: string): string {
  return text.toUpperCase().replace(/[^A-Z0-9]/g, "");
}

/** As devices show them: in two halves. */
export function shownUserCode(text: string): string {
  const code = tidyUserCode(text);
  return code.length === 8 ? `${code.slice(0, 4)}-${code.slice(4)}` : code;
}
