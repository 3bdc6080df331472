/** Suggestions of the geocoder (GeocodeJSON) as the list shows them, and the question each one asks. */

import type { Fields } from './question';

export interface Suggestion {
  readonly label: string;
  readonly detail: string;
  readonly place: Fields;
}

const KINDS: Readonly<Record<string, string>> = {
  housenumber: 'Adresse',
  interpolated: 'Adresse (numéro estimé)',
  street: 'Rue',
  locality: 'Lieu-dit',
  municipality: 'Commune',
};

interface Feature {
  readonly properties?: Readonly<Record<string, unknown>> | null;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Read a GeocodeJSON answer; features without label are left out, equal ones shown once. */
export function readSuggestions(answer: unknown): Suggestion[] {
  const features = (answer as { features?: unknown } | null)?.features;
  if (!Array.isArray(features)) return [];
  const seen = new Set<string>();
  const found: Suggestion[] = [];
  for (const feature of features as Feature[]) {
    const properties = feature.properties ?? {};
    const label = repaired(text(properties['label']) || text(properties['name']));
    const kind = text(properties['type']);
    const citycode = text(properties['citycode']);
    const postcode = text(properties['postcode']);
    if (label === '') continue;
    const place: Fields =
      kind === 'municipality' && citycode !== '' ? { citycode } : { address: withCity(label, properties) };
    const key = JSON.stringify(place);
    if (seen.has(key)) continue;
    seen.add(key);
    const shown = kind === 'municipality' && postcode !== '' && !label.includes(postcode) ? `${label} (${postcode})` : label;
    found.push({ label: shown, detail: [KINDS[kind] ?? '', text(properties['context'])].filter(Boolean).join(' · '), place });
  }
  return found;
}

/** Signs of the bytes 80 to 9F in Windows-1252; the others are their own code points up to FF. */
const HIGH_SIGNS = '\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178';

function byteOf(sign: string): number | undefined {
  const high = HIGH_SIGNS.indexOf(sign);
  const point = sign.codePointAt(0) ?? 0;
  return high >= 0 ? 0x80 + high : point <= 0xff ? point : undefined;
}

/** A name that some address files hold decoded wrongly (`AllÃ©e`) as it was meant; any other unchanged. */
export function repaired(name: string): string {
  if (!/[ÃÂ]/.test(name)) return name;
  const bytes = Array.from(name, byteOf);
  if (bytes.includes(undefined)) return name;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array(bytes as number[]));
  } catch {
    return name;
  }
}

/** An address must name its commune to be found again. */
function withCity(label: string, properties: Readonly<Record<string, unknown>>): string {
  const city = text(properties['city']);
  const postcode = text(properties['postcode']);
  return city === '' || label.includes(city) ? label : `${label}, ${postcode} ${city}`.replace(',  ', ', ');
}

/** Whether enough was typed to ask: three letters, or two digits of a postal code. */
export function isWorthAsking(typed: string): boolean {
  const trimmed = typed.trim();
  return trimmed.length >= 3 && trimmed.length <= 200;
}
