// A mail's text in pieces: what is a link can then be followed.

export interface Piece {
  text: string;
  link: boolean;
}

/** A sentence may end right after a link. */
const LINK = /https?:\/\/[^\s<>"]*[^\s<>".,;:!?)]/g;

export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    if (match.index > end) pieces.push({ text: text.slice(end, match.index), link: false });
    pieces.push({ text: match[0], link: true });
    end = match.index + match[0].length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end), link: false });
  return pieces;
}
