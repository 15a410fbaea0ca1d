// Which browser and system a sign-in came from, out of what the program says of itself: enough to know one's own again.

export interface Program {
  browser?: string;
  system?: string;
}

/** In this order: later ones call themselves by the names of earlier ones, too. */
const BROWSERS: readonly [RegExp, string][] = [
  [/\bEdgA?\/|\bEdgiOS\//, "Edge"],
  [/\bOPR\/|\bOpera\b/, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\bFirefox\/|\bFxiOS\//, "Firefox"],
  [/\bCriOS\/|\b(?:Headless)?Chrome\/|\bChromium\//, "Chrome"],
  [/\bSafari\//, "Safari"],
];
const SYSTEMS: readonly [RegExp, string][] = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b|\bMacintosh\b/, "macOS"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bLinux\b|\bX11\b/, "Linux"],
];

const named = (table: readonly [RegExp, string][], text: string) => table.find(([mark]) => mark.test(text))?.[1];

export function programOf(userAgent: string | null | undefined): Program {
  if (userAgent == null || userAgent.trim() === "") return {};
  const system = named(SYSTEMS, userAgent);
  // Programs that are no browser put their own name first: "curl/8.5".
  const browser = named(BROWSERS, userAgent) ?? (userAgent.startsWith("Mozilla/") ? undefined : /^[\w .-]{1,40}/.exec(userAgent)?.[0]?.trim());
  return { ...(browser !== undefined && { browser }), ...(system !== undefined && { system }) };
}
