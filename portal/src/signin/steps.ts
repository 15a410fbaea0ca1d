// Which step of signing in comes next: pure, from what was given and what the server said of it.
import { hasStatus, hasType, SECOND_FACTOR } from "../api/problem";

/** `recovery` asks for the same as `code`, of those who have lost what makes codes. */
export type Step = "password" | "code" | "recovery";

export type Refusal = "wrong" | "wrongCode" | "often" | "other";

/** The server asks for a code only after the right password, so a code that it asks for again was wrong. */
export function stepAfter(step: Step, error: unknown): Step {
  return step === "password" && hasType(error, SECOND_FACTOR) ? "code" : step;
}

export function refusalOf(step: Step, error: unknown): Refusal | undefined {
  if (error === null || error === undefined) return undefined;
  if (hasStatus(error, 429)) return "often";
  if (!hasStatus(error, 401)) return "other";
  if (hasType(error, SECOND_FACTOR)) return step === "password" ? undefined : "wrongCode";
  return step === "password" ? "wrong" : "wrongCode";
}

/** People type codes as apps and papers show them: in groups. */
export function tidyCode(text: string): string {
  return text.replace(/[\s-]/g, "");
}
