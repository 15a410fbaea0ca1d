// Paths that pages ask for and the API document does not describe yet. What it describes one day is taken out here:
// described twice with another shape, it does not compile.
export interface TopicView {
  topic: string;
  payload: string;
  retained: boolean;
  bytes: number;
  received_at: string;
}

export interface SessionView {
  session: string;
  identity: string;
  name: string;
  home?: string | null;
  client_id: string;
  version: string;
  peer: string;
  tls: boolean;
  connected: boolean;
  connected_at?: string | null;
  subscriptions: number;
  queued: number;
  queued_bytes: number;
  messages_in: number;
  messages_out: number;
}

export interface TraceView {
  lines: { at: string; direction: string; text: string }[];
}

interface Asked<Query, Path, Answer> {
  parameters: { query?: Query; header?: never; cookie?: never } & (Path extends undefined ? { path?: never } : { path: Path });
  requestBody?: never;
  responses: { 200: { headers: Record<string, unknown>; content: { "application/json": Answer } } };
}

interface Done<Path> {
  parameters: { query?: never; header?: { "Idempotency-Key"?: string | null }; path: Path; cookie?: never };
  requestBody?: never;
  responses: { 204: { headers: Record<string, unknown>; content?: never } };
}

interface None {
  parameters: { query?: never; header?: never; path?: never; cookie?: never };
  get?: never;
  put?: never;
  post?: never;
  delete?: never;
  options?: never;
  head?: never;
  patch?: never;
  trace?: never;
}

type Only<Methods> = Omit<None, keyof Methods> & Methods;

declare module "./schema" {
  interface paths {
    "/api/homes/{id}/mqtt/topics": Only<{ get: Asked<{ filter?: string }, { id: string }, { items: TopicView[] }> }>;
    "/api/operations/mqtt/clients": Only<{ get: Asked<{ organisation?: string }, undefined, { items: SessionView[] }> }>;
    "/api/operations/mqtt/clients/{session}": Only<{ delete: Done<{ session: string }> }>;
    "/api/operations/mqtt/clients/{session}/trace": Only<{ get: Asked<never, { session: string }, TraceView> }>;
    "/api/operations/mqtt/metrics": Only<{ get: Asked<{ organisation?: string }, undefined, Record<string, unknown>> }>;
  }
}
