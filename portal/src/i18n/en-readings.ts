// The English words of the pages on which readings are changed.
import readings from "./en/readings.json";

export const messages = { readings };

export type ReadingsMessages = typeof messages;
