// What of connecting lives in its URL: what is to be connected, and with which credentials.
import { optionalChoice, optionalText } from "../app/search-values";
import { PRODUCTS } from "./guides";

export function parseConnectSearch(search: Record<string, unknown>) {
  return {
    ...optionalChoice("what", search["what"], PRODUCTS),
    ...optionalText("client", search["client"]),
  };
}
