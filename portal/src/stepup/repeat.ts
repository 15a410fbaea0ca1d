// A request that the server takes only from somebody who just proved who they are: the person is asked, and it is sent
// once more, unchanged. Whoever is asked stays signed in.
import { STEP_UP } from "../api/problem";

async function wantsProof(response: Response): Promise<boolean> {
  if (response.status !== 401) return false;
  try {
    const problem = (await response.clone().json()) as { type?: unknown };
    return problem.type === STEP_UP;
  } catch {
    return false;
  }
}

/** Sends it, and where a proof is missing and then given, sends it again, once. */
export async function sendProved(request: Request, send: (request: Request) => Promise<Response>, ask: () => Promise<boolean>): Promise<Response> {
  // A body can be sent once alone.
  const again = request.clone();
  const response = await send(request);
  if (!(await wantsProof(response)) || !(await ask())) return response;
  return send(again);
}
