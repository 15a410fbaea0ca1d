// Zooming and walking along a chart by wheel, fingers and keys. What is asked for is a span; who draws it decides.
import type { Span } from "./range";

/** So much longer or shorter, around an instant that stays where it is. */
export function scaledAround({ from, until }: Span, factor: number, at: number): Span {
  return { from: at - (at - from) * factor, until: at + (until - at) * factor };
}

/** To the side, by a share of the span. */
export function panned({ from, until }: Span, share: number): Span {
  const by = (until - from) * share;
  return { from: from + by, until: until + by };
}

const KEY_STEP = 0.25;
const KEY_ZOOM = 2;

/** What a key asks for; `live` is back to now, undefined is no key of ours. */
export function keySpan(key: string, span: Span): Span | "live" | undefined {
  const middle = (span.from + span.until) / 2;
  switch (key) {
    case "ArrowLeft":
      return panned(span, -KEY_STEP);
    case "ArrowRight":
      return panned(span, KEY_STEP);
    case "PageUp":
      return panned(span, -1);
    case "PageDown":
      return panned(span, 1);
    case "+":
    case "=":
      return scaledAround(span, 1 / KEY_ZOOM, middle);
    case "-":
      return scaledAround(span, KEY_ZOOM, middle);
    case "0":
    case "Home":
      return "live";
    default:
      return undefined;
  }
}

export interface GestureTarget {
  /** The span as it is drawn now. */
  span: () => Span;
  /** The instant at a place from the left of the plot. */
  instantAt: (clientX: number) => number;
  width: () => number;
  /** While it goes on, and once it is over. */
  preview: (span: Span) => void;
  commit: (span: Span) => void;
}

const WHEEL_STILL_MS = 200;
const WHEEL_PX_PER_DOUBLING = 240;
/** A finger that has moved less is a tap. */
const TAP_PX = 6;

/** Answers what takes the listeners away again. */
export function listen(host: HTMLElement, target: GestureTarget): () => void {
  const wheel = wheelGesture(host, target);
  const touch = touchGesture(target);
  host.addEventListener("wheel", wheel.move, { passive: false });
  host.addEventListener("pointerdown", touch.down, { capture: true });
  host.addEventListener("pointermove", touch.move, { capture: true });
  for (const end of ["pointerup", "pointercancel"] as const) host.addEventListener(end, touch.up, { capture: true });
  return () => {
    wheel.stop();
    host.removeEventListener("wheel", wheel.move);
    host.removeEventListener("pointerdown", touch.down, { capture: true });
    host.removeEventListener("pointermove", touch.move, { capture: true });
    for (const end of ["pointerup", "pointercancel"] as const) host.removeEventListener(end, touch.up, { capture: true });
  };
}

function wheelGesture(host: HTMLElement, target: GestureTarget) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  function move(event: WheelEvent): void {
    // A page must not stop scrolling because a chart passes under the pointer: zooming asks for Ctrl (a pinch on a
    // touchpad says that, too) or for a chart that was chosen first.
    const isMeant = event.ctrlKey || event.metaKey || host.contains(document.activeElement);
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    const isPan = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (!isMeant && !isPan) return;
    event.preventDefault();
    const next = isPan
      ? panned(target.span(), sideways / target.width())
      : scaledAround(target.span(), 2 ** (event.deltaY / WHEEL_PX_PER_DOUBLING), target.instantAt(event.clientX));
    target.preview(next);
    clearTimeout(timer);
    timer = setTimeout(() => target.commit(target.span()), WHEEL_STILL_MS);
  }
  return { move, stop: () => clearTimeout(timer) };
}

function touchGesture(target: GestureTarget) {
  const fingers = new Map<number, number>();
  let moved = false;
  function down(event: PointerEvent): void {
    if (event.pointerType !== "touch") return;
    if (fingers.size === 0) moved = false;
    fingers.set(event.pointerId, event.clientX);
  }
  function move(event: PointerEvent): void {
    const before = fingers.get(event.pointerId);
    if (before === undefined) return;
    const [other] = [...fingers].flatMap(([id, x]) => (id === event.pointerId ? [] : [x]));
    if (!moved && other === undefined && Math.abs(event.clientX - before) < TAP_PX) return;
    moved = true;
    fingers.set(event.pointerId, event.clientX);
    if (other === undefined) {
      target.preview(panned(target.span(), (before - event.clientX) / target.width()));
    } else {
      const apart = (x: number) => Math.max(Math.abs(x - other), TAP_PX);
      target.preview(scaledAround(target.span(), apart(before) / apart(event.clientX), target.instantAt((event.clientX + other) / 2)));
    }
  }
  function up(event: PointerEvent): void {
    if (!fingers.delete(event.pointerId) || fingers.size > 0 || !moved) return;
    target.commit(target.span());
  }
  return { down, move, up };
}
