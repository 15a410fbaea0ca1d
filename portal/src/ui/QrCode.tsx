// A text as a QR code, dark on white in both themes, because cameras want it so.
import { encode } from "uqr";
import { useMemo } from "react";

export interface QrCodeProps {
  text: string;
  /** What it holds, for those who cannot see it; the text itself may be a secret. */
  label: string;
  size?: number;
}

/** The quiet zone that the standard asks for, in modules. */
const BORDER = 4;

export function QrCode({ text, label, size = 200 }: QrCodeProps) {
  const { path, modules } = useMemo(() => {
    const code = encode(text, { border: BORDER, ecc: "M" });
    const dark = code.data.flatMap((row, y) => row.flatMap((on, x) => (on ? [`M${x} ${y}h1v1h-1z`] : [])));
    return { path: dark.join(""), modules: code.size };
  }, [text]);
  return (
    <svg role="img" aria-label={label} width={size} height={size} viewBox={`0 0 ${modules} ${modules}`} shapeRendering="crispEdges">
      <rect width={modules} height={modules} rx={1} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
