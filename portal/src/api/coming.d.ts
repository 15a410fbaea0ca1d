// Paths that pages ask for and the API document does not describe yet. What it describes one day is taken out here:
// described twice with another shape, it does not compile.
import type { components } from "./schema";

type Schemas = components["schemas"];

export interface DiscoveredView {
  id: string;
  home: string;
  state: "pending" | "ignored" | "accepted";
  /** Who speaks for it, such as `zigbee2mqtt`. */
  dialect: string;
  foreign_id: string;
  name: string;
  vendor: string;
  model: string;
  serial?: string | null;
  firmware?: string | null;
  via?: string | null;
  /** None: it has told nothing yet that it could be accepted with. */
  endpoints: Schemas["Endpoint"][];
  unknown: { name: string; reason: string; raw: unknown }[];
  values: { endpoint: number; attribute: string; value: boolean | number | string; unit?: string | null }[];
  online?: boolean | null;
  suggested_room?: string | null;
  suggested_room_name?: string | null;
  device?: string | null;
  first_seen: string;
  last_seen: string;
}

export interface RejectionView {
  time: string;
  reason: string;
  excerpt: string;
}

export interface InboxView {
  items: DiscoveredView[];
  rejections: RejectionView[];
}

export interface AcceptedAllView {
  accepted: Schemas["DeviceView"][];
  refused: { id: string; reason: string }[];
}

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

interface Call<Query, Path, Body, Answer> {
  parameters: { query?: Query; header?: { "Idempotency-Key"?: string | null }; path: Path; cookie?: never };
  requestBody: Body;
  responses: { 200: { headers: Record<string, unknown>; content: { "application/json": Answer } } };
}

interface Asked<Query, Path, Answer> {
  parameters: { query?: Query; header?: never; path: Path; cookie?: never };
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
    "/api/homes/{id}/discovered": Only<{ get: Asked<{ state?: DiscoveredView["state"] }, { id: string }, InboxView> }>;
    "/api/homes/{id}/discovered/accept": Only<{ post: Asked<never, { id: string }, AcceptedAllView> }>;
    "/api/homes/{home}/discovered/{id}/accept": Only<{
      post: Call<never, { home: string; id: string }, { content: { "application/json": { name?: string | null; room?: string | null } } }, Schemas["DeviceView"]>;
    }>;
    "/api/homes/{home}/discovered/{id}/ignore": Only<{ post: Done<{ home: string; id: string }> }>;
    "/api/homes/{id}/mqtt/topics": Only<{ get: Asked<{ filter?: string }, { id: string }, { items: TopicView[] }> }>;
    "/api/operations/mqtt/clients": Only<{ get: Asked<{ organisation?: string }, never, { items: SessionView[] }> }>;
    "/api/operations/mqtt/clients/{session}": Only<{ delete: Done<{ session: string }> }>;
    "/api/operations/mqtt/clients/{session}/trace": Only<{ get: Asked<never, { session: string }, TraceView> }>;
    "/api/operations/mqtt/metrics": Only<{ get: Asked<{ organisation?: string }, never, Record<string, unknown>> }>;
  }
}
