// Paths that pages ask for and the API document does not describe yet. What it describes one day is taken out here:
// described twice with another shape, it does not compile.
/** A retained message. */
export interface TopicView {
  topic: string;
  /** As text, at most 16 KiB of it. */
  payload: string;
  /** Of the whole payload. */
  bytes: number;
  qos: number;
  retained: boolean;
}

export interface TopicsView {
  items: TopicView[];
  /** There are more than are shown. */
  truncated: boolean;
}

export interface MqttSessionView {
  session: string;
  organisation: string;
  /** `client:` and the id of a home's MQTT client, or the id of a device. */
  identity: string;
  home?: string | null;
  client_id: string;
  connected: boolean;
  connected_at?: string | null;
  version?: string | null;
  peer?: string | null;
  tls?: boolean | null;
  /** Whether it survives its connection. */
  kept: boolean;
  subscriptions: string[];
  queued: number;
  queued_bytes: number;
  messages_in: number;
  messages_out: number;
}

export interface TraceView {
  lines: { at: string; direction: string; text: string }[];
}

export interface MqttMetricsListView {
  items: ({ organisation: string } & Record<string, number | string>)[];
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
    "/api/homes/{id}/mqtt/topics": Only<{ get: Asked<{ filter?: string }, { id: string }, TopicsView> }>;
    "/api/operations/mqtt/clients": Only<{ get: Asked<{ organisation?: string }, undefined, { items: MqttSessionView[] }> }>;
    "/api/operations/mqtt/clients/{session}": Only<{ delete: Done<{ session: string }> }>;
    "/api/operations/mqtt/clients/{session}/trace": Only<{ get: Asked<never, { session: string }, TraceView> }>;
    "/api/operations/mqtt/metrics": Only<{ get: Asked<{ organisation?: string }, undefined, MqttMetricsListView> }>;
  }
}
