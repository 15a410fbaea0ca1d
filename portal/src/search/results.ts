// What the palette offers for a text: places, actions and what the server found, in groups. Pure.
export interface Offer {
  id: string;
  title: string;
  /** Where it is, or what it does, small. */
  detail?: string;
  icon: OfferIcon;
  /** What it is about, in words that its title does not have: "energy, power, usage". */
  about?: string;
  /** What it acts on. Its name alone offers no deed: Enter pressed a moment early must not switch anything. */
  target?: string;
  run: () => void;
}

export type OfferIcon = "page" | "home" | "room" | "device" | "action" | "switch" | "theme" | "language" | "recent";

export interface OfferGroup {
  id: "recent" | "found" | "actions" | "pages";
  offers: Offer[];
}

const MOST_EACH = 8;

/** Lower case without marks, so that "kuche" finds "Küche". */
export function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Every word of the text begins a word of the name (2), or is somewhere in it (1); otherwise 0. */
export function score(name: string, text: string): number {
  const haystack = plain(name);
  const words = haystack.split(/[\s/,.-]+/);
  let worst = 2;
  for (const wanted of plain(text).split(/\s+/).filter(Boolean)) {
    if (words.some((word) => word.startsWith(wanted))) continue;
    if (!haystack.includes(wanted)) return 0;
    worst = 1;
  }
  return worst;
}

/** One letter begins a word of everything. */
const SHORTEST_ABOUT = 2;

/** Found by what it is about: less than by its name, and only by how words begin. The words that were meant say why. */
function foundByAbout(offer: Offer, text: string): { offer: Offer; points: number } {
  const wanted = plain(text).split(/\s+/).filter(Boolean);
  const isMeant = offer.about !== undefined && text.trim().length >= SHORTEST_ABOUT && score(`${offer.title}, ${offer.about}`, text) === 2;
  if (!isMeant) return { offer, points: 0 };
  const meant = (offer.about ?? "").split(", ").filter((word) => wanted.some((start) => score(word, start) === 2));
  return { offer: { ...offer, detail: meant.join(", ") }, points: 0.5 };
}

export function narrowed(offers: readonly Offer[], text: string): Offer[] {
  if (text.trim() === "") return [...offers];
  return offers
    .filter((offer) => offer.target === undefined || score(offer.target, text) === 0)
    .map((offer) => ({ offer, points: score(offer.title, text) }))
    .map((found) => (found.points > 0 ? found : foundByAbout(found.offer, text)))
    .filter(({ points }) => points > 0)
    .toSorted((a, b) => b.points - a.points)
    .map(({ offer }) => offer);
}

export interface Offered {
  recent: Offer[];
  found: Offer[];
  actions: Offer[];
  pages: Offer[];
}

/** Without a text: where one was lately and can go. With one: what was found first, then what can be done. */
export function groupsFor(text: string, { recent, found, actions, pages }: Offered): OfferGroup[] {
  const searching = text.trim() !== "";
  const groups: OfferGroup[] = searching
    ? [
        { id: "found", offers: found.slice(0, MOST_EACH) },
        { id: "actions", offers: narrowed(actions, text).slice(0, MOST_EACH) },
        { id: "pages", offers: narrowed(pages, text).slice(0, MOST_EACH) },
      ]
    : [
        { id: "recent", offers: recent.slice(0, 5) },
        { id: "pages", offers: pages.filter((offer) => offer.target === undefined) },
        { id: "actions", offers: actions.filter((offer) => offer.icon !== "switch") },
      ];
  return groups.filter((group) => group.offers.length > 0);
}
