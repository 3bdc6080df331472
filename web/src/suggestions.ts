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
    const label = text(properties['label']) || text(properties['name']);
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
