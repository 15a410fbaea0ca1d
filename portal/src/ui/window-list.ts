// The window as the ground of a long list, as the virtualiser takes it. By itself it would ask for the page's layout
// while the page is being drawn, and the browser would lay out all of it twice.
import type { Virtualizer } from "@tanstack/react-virtual";

interface Rect {
  width: number;
  height: number;
}

type WindowList = Virtualizer<Window, Element>;

export function windowSize(): Rect {
  return { width: window.innerWidth, height: window.innerHeight };
}

/** For all lists: the window's size is known at the start (`initialRect`), and no list here moves the page. */
export const WINDOW_LIST = {
  observeElementRect: (_list: WindowList, tell: (rect: Rect) => void) => {
    const measure = () => tell(windowSize());
    window.addEventListener("resize", measure, { passive: true });
    return () => window.removeEventListener("resize", measure);
  },
  // Called at its start, too, to scroll to where the page is.
  scrollToFn: () => undefined,
};
