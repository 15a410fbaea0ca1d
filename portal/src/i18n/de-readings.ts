// The German words of the pages on which readings are changed.
import readings from "./de/readings.json";
import type { ReadingsMessages } from "./en-readings";

export const messages = { readings } satisfies ReadingsMessages;
