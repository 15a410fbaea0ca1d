// The English words of the search palette.
import search from "./en/search.json";

export const messages = { search };

export type SearchMessages = typeof messages;
