// The German words of the search palette.
import search from "./de/search.json";
import type { SearchMessages } from "./en-search";

export const messages = { search } satisfies SearchMessages;
