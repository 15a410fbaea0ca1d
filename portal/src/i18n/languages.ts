// Which languages there are, which one a person reads, and how its catalogue is loaded.
import type { Messages } from "./en";
import type { ReadingsMessages } from "./en-readings";
import type { SearchMessages } from "./en-search";
import type { SeldomMessages } from "./en-seldom";

export const LANGUAGES = ["en", "de"] as const;
export type Language = (typeof LANGUAGES)[number];

const STORAGE_KEY = "lares.language";

export function isLanguage(value: unknown): value is Language {
  return LANGUAGES.some((language) => language === value);
}

/** The first of the wanted languages that there is; English when there is none. */
export function chooseLanguage(stored: string | null, wanted: readonly string[]): Language {
  if (isLanguage(stored)) return stored;
  for (const tag of wanted) {
    const primary = tag.toLowerCase().split("-")[0];
    if (isLanguage(primary)) return primary;
  }
  return "en";
}

export function currentLanguage(): Language {
  return chooseLanguage(read(), navigator.languages);
}

export function storeLanguage(language: Language): void {
  try {
    localStorage.setItem(STORAGE_KEY, language);
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}

function read(): string | null {
  try {
    return localStorage.getItem(STORAGE_KEY);
  } catch {
    return null;
  }
}

export async function loadMessages(language: Language): Promise<Messages> {
  switch (language) {
    case "de":
      return (await import("./de")).messages;
    case "en":
      return (await import("./en")).messages;
  }
}

export async function loadSeldomMessages(language: Language): Promise<SeldomMessages> {
  switch (language) {
    case "de":
      return (await import("./de-seldom")).messages;
    case "en":
      return (await import("./en-seldom")).messages;
  }
}

export async function loadReadingsMessages(language: Language): Promise<ReadingsMessages> {
  switch (language) {
    case "de":
      return (await import("./de-readings")).messages;
    case "en":
      return (await import("./en-readings")).messages;
  }
}

export async function loadSearchMessages(language: Language): Promise<SearchMessages> {
  switch (language) {
    case "de":
      return (await import("./de-search")).messages;
    case "en":
      return (await import("./en-search")).messages;
  }
}
