// What was just done or went wrong, kept until it is read: a small store that any code may add to.
import type { Tone } from "./tone";

export interface Toast {
  id: number;
  tone: Tone;
  title: string;
  detail?: string;
  action?: { label: string; onPress: () => void };
}

/** More than this at once is noise; the oldest goes. */
const MOST = 4;

let toasts: readonly Toast[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function set(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

export function showToast(toast: Omit<Toast, "id">): number {
  lastId += 1;
  set([...toasts, { ...toast, id: lastId }].slice(-MOST));
  return lastId;
}

export function dismissToast(id: number): void {
  set(toasts.filter((toast) => toast.id !== id));
}

export function currentToasts(): readonly Toast[] {
  return toasts;
}

export function onToasts(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
