// What is around every page, signed in or not: nothing but the place for the page.
import { Outlet } from "@tanstack/react-router";

export function Root() {
  return <Outlet />;
}
