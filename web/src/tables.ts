/** An answer of `/v1/assess` as CSV and GeoJSON. Text that a spreadsheet would read as a formula is made harmless. */

import type { FeatureCollection } from 'geojson';

export interface Membership {
  readonly zoning: string;
  readonly generation?: number | string;
  readonly state: string;
  readonly code?: string;
  readonly label: string;
  readonly reason?: string;
  readonly valid_from?: string;
  readonly valid_to?: string;
  readonly source?: { readonly title: string; readonly url?: string };
}

export interface Offer {
  readonly aid: string;
  readonly label: string;
  readonly status: string;
  readonly amount_eur: number | null;
  readonly unit_label: string | null;
  readonly arithmetic: string | null;
  readonly reasons: readonly { readonly text: string }[];
  readonly references: readonly { readonly title: string; readonly href: string | null }[];
  readonly contact: { readonly label: string };
  readonly checked_on: string;
}

export interface Answer {
  readonly place: Readonly<Record<string, unknown>> & { readonly label: string; readonly lon: number | null; readonly lat: number | null };
  readonly date: string;
  readonly known_on: string;
  readonly memberships: readonly Membership[];
  readonly offers: readonly Offer[];
  readonly near?: readonly (Readonly<Record<string, unknown>> & { readonly lon: number; readonly lat: number })[];
  readonly data_version: string;
}

const STATES: Readonly<Record<string, string>> = {
  inside: 'oui', outside: 'non', near_border: 'à vérifier', unknown: 'à vérifier',
  available: 'oui', to_check: 'à vérifier', not_available: 'non', closed: 'non (close)', not_yet_open: 'non (pas encore ouverte)',
};
const HEAD = ['rubrique', 'identifiant', 'intitulé', 'état', 'code', 'montant', 'unité', 'calcul ou motif', 'depuis', 'jusqu’au', 'source', 'contact', 'lieu', 'date', 'version des données'];

/** A cell: quoted when needed, and never a formula (a leading quote stops `=`, `+`, `-`, `@`, tab and return). */
export function cell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value).replace('.', ',');
  const harmless = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[";\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** UTF-8 with its mark, semicolons, one row a zoning then one an aid: opens as it is in a French spreadsheet. */
export function csvOf(answer: Answer): string {
  const common = [answer.place.label, answer.date, answer.data_version];
  const zones = answer.memberships.map((row) => [
    'zonage', row.generation === undefined ? row.zoning : `${row.zoning}-${row.generation}`, row.label, STATES[row.state] ?? row.state,
    row.code, null, null, row.reason, row.valid_from, row.valid_to, row.source?.url ?? row.source?.title, null, ...common,
  ]);
  const aids = answer.offers.map((row) => [
    'aide', row.aid, row.label, STATES[row.status] ?? row.status, null, row.amount_eur, row.unit_label,
    row.arithmetic ?? row.reasons.map((reason) => reason.text).join(' | '), null, null,
    row.references.map((reference) => reference.href ?? reference.title).join(' | '), row.contact.label, ...common,
  ]);
  return `\ufeff${[HEAD, ...zones, ...aids].map((row) => row.map(cell).join(';')).join('\r\n')}\r\n`;
}

/** The place with its whole answer, then the closest better zones, as points. */
export function geojsonOf(answer: Answer): FeatureCollection {
  const { lon, lat, ...place } = answer.place;
  const at = lon === null || lat === null ? null : { type: 'Point' as const, coordinates: [lon, lat] };
  return {
    type: 'FeatureCollection',
    features: [
      {
        type: 'Feature',
        geometry: at as never,
        properties: {
          role: 'lieu', ...place, date: answer.date, known_on: answer.known_on, data_version: answer.data_version,
          zonages: answer.memberships.map(({ zoning, generation, state, code }) => ({ zoning, generation, state, code })),
          aides: answer.offers.map(({ aid, status, amount_eur }) => ({ aid, status, amount_eur })),
        },
      },
      ...(answer.near ?? []).map(({ lon: east, lat: north, ...properties }) => ({
        type: 'Feature' as const,
        geometry: { type: 'Point' as const, coordinates: [east, north] },
        properties: { role: 'autour', ...properties },
      })),
    ],
  };
}

/** A file name from a place: letters, digits and hyphens. */
export function fileName(label: string, extension: string): string {
  const plain = label.normalize('NFD').replace(/\p{Diacritic}/gu, '').toLowerCase();
  const words = plain.replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 60);
  return `zonage-${words || 'lieu'}.${extension}`;
}
