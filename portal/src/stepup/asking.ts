// Who waits for the person to prove again who they are: at most one question at a time, whose answer all that wait share.

interface Question {
  done: Promise<boolean>;
  settle: (proved: boolean) => void;
}

let question: Question | undefined;
const listeners = new Set<() => void>();

function tell(): void {
  for (const listener of listeners) listener();
}

/** Asks the person; true once they proved it, false when they would rather not, or nobody is there to ask. */
export function askToProve(): Promise<boolean> {
  if (listeners.size === 0) return Promise.resolve(false);
  if (question !== undefined) return question.done;
  const waiting: ((proved: boolean) => void)[] = [];
  const done = new Promise<boolean>((resolve) => void waiting.push(resolve));
  question = { done, settle: (proved) => waiting.forEach((resolve) => resolve(proved)) };
  tell();
  return done;
}

export function settleProof(proved: boolean): void {
  const asked = question;
  question = undefined;
  asked?.settle(proved);
  tell();
}

export function isAsking(): boolean {
  return question !== undefined;
}

export function onAsking(listener: () => void): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) settleProof(false);
  };
}
