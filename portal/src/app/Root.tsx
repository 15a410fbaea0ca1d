// What is around every page, signed in or not: the place for the page, and the one question that any page may lead to.
import { Outlet } from "@tanstack/react-router";
import { StepUpHost } from "../stepup/StepUpHost";

export function Root() {
  return (
    <>
      <Outlet />
      <StepUpHost />
    </>
  );
}
