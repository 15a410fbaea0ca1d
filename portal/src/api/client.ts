// The one way the portal talks to the server: a client typed by the generated schema. The browser's session is a
// cookie, so nothing is added to a request.
import createClient from "openapi-fetch";
import { pause } from "../app/pause";
import { NotSent, refuseOffline } from "../offline/refuse";
import { askToProve } from "../stepup/asking";
import { sendProved } from "../stepup/repeat";
import { NoAnswer, ProblemError, type Problem } from "./problem";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

/** A page asks for much at once: each question is put by itself, so that no press waits for all of them. */
const ask = (request: Request): Promise<Response> => pause().then(() => sendProved(request, fetch, askToProve));

export const api = createClient<paths>({ baseUrl: "", credentials: "same-origin", fetch: ask });
api.use(refuseOffline);

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of a good answer; throws what went wrong otherwise, always as `ProblemError` or `NoAnswer`. */
export async function answer<T>(call: Promise<Answer<T>>): Promise<T> {
  let result: Answer<T>;
  try {
    result = await call;
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    if (cause instanceof NotSent) throw cause;
    throw new NoAnswer({ cause });
  }
  if (!result.response.ok) throw new ProblemError(asProblem(result.error, result.response));
  return result.data as T;
}

/** Problem documents come from the server itself; a proxy in between may answer with anything. */
function asProblem(body: unknown, response: Response): Problem {
  if (typeof body === "object" && body !== null && "title" in body && "status" in body) return body as Problem;
  return { type: "about:blank", title: response.statusText, status: response.status, detail: "", errors: [] };
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** A body without its undefined members: a form leaves those that were not filled in. */
export function defined<T extends object>(body: T): Defined<T> {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)) as Defined<T>;
}
