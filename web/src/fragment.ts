/** Server-written pieces of the page: the server escapes, the page only puts them in their place. */

import { troubleOf, troubleOfError, type Trouble } from './troubles';

export type Outcome = { readonly kind: 'shown'; readonly status: number } | { readonly kind: 'trouble'; readonly trouble: Trouble } | { readonly kind: 'superseded' };

const TIMEOUT_MS = 30_000;

/** Ask one piece at a time: a newer question cancels the one on its way. */
export class FragmentLoader {
  private pending: AbortController | null = null;

  /** Fetch `address` and replace each element of this page that has the same id as one in the answer. */
  async load(address: string): Promise<Outcome> {
    this.pending?.abort();
    const asking = new AbortController();
    this.pending = asking;
    try {
      const response = await fetch(address, {
        headers: { Accept: 'text/html' },
        signal: AbortSignal.any([asking.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      const isPiece = (response.headers.get('Content-Type') ?? '').startsWith('text/html');
      if (!isPiece) {
        const found = troubleOf(response.status, response.headers.get('Retry-After')) ?? troubleOf(500, null);
        if (found === null) throw new TypeError('not a piece of page');
        return { kind: 'trouble', trouble: found };
      }
      const html = await response.text();
      if (asking.signal.aborted) return { kind: 'superseded' };
      replacePieces(html);
      return { kind: 'shown', status: response.status };
    } catch (error) {
      if (asking.signal.aborted) return { kind: 'superseded' };
      return { kind: 'trouble', trouble: troubleOfError(error) };
    }
  }
}

function replacePieces(html: string): void {
  const parsed = new DOMParser().parseFromString(html, 'text/html');
  for (const piece of Array.from(parsed.body.children)) {
    const target = piece.id === '' ? null : document.getElementById(piece.id);
    target?.replaceWith(document.adoptNode(piece));
  }
}

/** The JSON a piece carries for the map. */
export function dataIn(id: string): unknown {
  const text = document.getElementById(id)?.textContent;
  return text === undefined || text === '' ? null : JSON.parse(text);
}
