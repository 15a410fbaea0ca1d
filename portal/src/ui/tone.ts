// The four things a colour may mean, and the icon that goes with each, since colour never stands alone.
import { CircleCheck, CircleQuestionMark, type LucideIcon, OctagonAlert, TriangleAlert } from "lucide-react";

export type Tone = "ok" | "attention" | "danger" | "unknown";

export const toneIcon: Record<Tone, LucideIcon> = {
  ok: CircleCheck,
  attention: TriangleAlert,
  danger: OctagonAlert,
  unknown: CircleQuestionMark,
};
