// Fails when a language lacks a message that English has, has one too many, or names other arguments in one.
import { readdirSync, readFileSync } from "node:fs";

const root = new URL("../src/i18n/", import.meta.url);
const SOURCE = "en";
const findings = [];

function flatten(value, prefix, into) {
  for (const [key, inner] of Object.entries(value)) {
    const path = prefix === "" ? key : `${prefix}.${key}`;
    if (typeof inner === "string") into.set(path, inner);
    else flatten(inner, path, into);
  }
  return into;
}

function catalogue(language, area) {
  const text = readFileSync(new URL(`${language}/${area}`, root), "utf8");
  return flatten(JSON.parse(text), "", new Map());
}

/** The argument names of an ICU message: what follows a brace and ends at a comma or brace. */
function argumentsOf(message) {
  const names = [...message.matchAll(/\{\s*([A-Za-z_]\w*)\s*[,}]/g)].map((match) => match[1]);
  return [...new Set(names)].toSorted().join(", ");
}

function compare(language, area) {
  const source = catalogue(SOURCE, area);
  const other = catalogue(language, area);
  for (const [key, message] of source) {
    const translated = other.get(key);
    if (translated === undefined) findings.push(`${language}/${area}: lacks ${key}`);
    else if (translated.trim() === "") findings.push(`${language}/${area}: ${key} is empty`);
    else if (argumentsOf(message) !== argumentsOf(translated)) {
      findings.push(`${language}/${area}: ${key} takes (${argumentsOf(translated)}), English takes (${argumentsOf(message)})`);
    }
  }
  for (const key of other.keys()) if (!source.has(key)) findings.push(`${language}/${area}: ${key} is not in English`);
  return source.size;
}

const folders = readdirSync(root, { withFileTypes: true });
const languages = folders.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
const areas = readdirSync(new URL(`${SOURCE}/`, root)).toSorted();
let checked = 0;
for (const language of languages.filter((name) => name !== SOURCE)) {
  const own = readdirSync(new URL(`${language}/`, root)).toSorted();
  for (const area of own.filter((name) => !areas.includes(name))) findings.push(`${language}/${area}: English has no such area`);
  for (const area of areas) {
    if (own.includes(area)) checked += compare(language, area);
    else findings.push(`${language}/${area}: is missing`);
  }
}
for (const finding of findings) console.error(finding);
if (findings.length > 0) process.exit(1);
console.log(`messages: ${checked} in ${languages.join(", ")}, same keys and arguments`);
