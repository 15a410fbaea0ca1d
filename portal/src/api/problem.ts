// What can go wrong when the server is asked: it answered with a problem document, or it did not answer.

/** `type` of the answer to somebody who has to prove again who they are. */
export const STEP_UP = "/docs/problems#step-up";
/** `type` of the answer to a right password that is not enough. */
export const SECOND_FACTOR = "/docs/problems#second-factor";

export interface Problem {
  type?: string;
  title: string;
  status: number;
  detail: string;
  errors?: { field: string; reason: string }[];
}

/** The server answered, and refused. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";

  constructor(readonly problem: Problem) {
    super(`${problem.status} ${problem.title}: ${problem.detail}`);
  }

  get status(): number {
    return this.problem.status;
  }
}

/** Nobody answered: the network or the server is away. Whether a change was taken is not known. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";

  constructor(options?: ErrorOptions) {
    super("no answer", options);
  }
}

export function hasStatus(error: unknown, status: number): boolean {
  return error instanceof ProblemError && error.status === status;
}

export function hasType(error: unknown, type: string): boolean {
  return error instanceof ProblemError && error.problem.type === type;
}
