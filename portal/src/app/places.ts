// The places one can go to, in the order of the rail and the bar.
import { ChartLine, House, KeyRound, type LucideIcon, Sun, Workflow } from "lucide-react";

export const PLACES = [
  { id: "today", to: "/", icon: Sun },
  { id: "homes", to: "/homes", icon: House },
  { id: "access", to: "/access", icon: KeyRound },
  { id: "automations", to: "/automations", icon: Workflow },
  { id: "insights", to: "/insights", icon: ChartLine },
] as const satisfies readonly { id: string; to: string; icon: LucideIcon }[];
