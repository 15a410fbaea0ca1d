// What is said of each kind of concern: its icon.
import {
  BatteryLow,
  Cloud,
  ClockAlert,
  DoorOpen,
  Droplets,
  Flame,
  type LucideIcon,
  LockOpen,
  ShieldAlert,
  TriangleAlert,
  WifiOff,
  Wind,
} from "lucide-react";
import type { ConcernKind } from "../api/attention";

export const concernIcon: Record<ConcernKind, LucideIcon> = {
  smoke: Flame,
  carbon_monoxide: Cloud,
  leak: Droplets,
  door_forced: ShieldAlert,
  door_jammed: TriangleAlert,
  offline: WifiOff,
  late: ClockAlert,
  battery_low: BatteryLow,
  door_open: DoorOpen,
  unlocked: LockOpen,
  air_poor: Wind,
};
