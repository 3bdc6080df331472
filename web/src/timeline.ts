/** The days of the date slider, and which zoning is drawn on a day. Days are ISO texts: they sort as they read. */

export type Days = readonly (string | null)[];

export interface Zoning {
  readonly key: string;
  readonly label: string;
  readonly kind: 'commune_class' | 'outline';
  readonly codes: Readonly<Record<string, string>>;
  readonly outside: readonly string[];
  /** First and last day of each installed vintage; null is no bound. */
  readonly days: readonly Days[];
}

export interface Layer {
  readonly id: string;
  readonly label: string;
  readonly zonings: readonly Zoning[];
}

const FIRST_YEAR = 2015;

/** The first of each month from 2015 to the end of next year, the days on which a zoning changes, and `also`. */
export function sliderDays(layers: readonly Layer[], today: string, also: readonly string[] = []): string[] {
  const lastYear = Number(today.slice(0, 4)) + 1;
  const days = new Set<string>([today]);
  for (let year = FIRST_YEAR; year <= lastYear; year += 1) {
    for (let month = 1; month <= 12; month += 1) days.add(`${year}-${String(month).padStart(2, '0')}-01`);
  }
  const bounds = layers.flatMap((layer) => layer.zonings.flatMap((zoning) => zoning.days.map((span) => span[0] ?? null)));
  for (const day of [...bounds, ...also]) {
    if (day !== null && day >= `${FIRST_YEAR}-01-01` && day <= `${lastYear}-12-31`) days.add(day);
  }
  return [...days].sort();
}

/** Position of the last slider day not after `day`. */
export function positionOf(days: readonly string[], day: string): number {
  const after = days.findIndex((candidate) => candidate > day);
  return after === -1 ? days.length - 1 : Math.max(0, after - 1);
}

/** The zoning of a layer that holds on a day; before and after all of them, the closest one in time. */
export function zoningOn(layer: Layer, day: string): Zoning | undefined {
  const holding = layer.zonings.filter((zoning) =>
    zoning.days.some(([first, last]) => (first ?? '') <= day && day <= (last ?? '9999')),
  );
  if (holding.length > 0) return holding[holding.length - 1];
  const dated = layer.zonings.filter((zoning) => zoning.days.length > 0);
  const begun = dated.filter((zoning) => zoning.days.some(([first]) => (first ?? '') <= day));
  return begun[begun.length - 1] ?? dated[0] ?? layer.zonings[0];
}

/** Marks under the slider: one per even year that fits, as (percentage, text). */
export function yearMarks(days: readonly string[], every: number): { readonly at: number; readonly text: string }[] {
  const last = days.length - 1;
  if (last < 1) return [];
  return days
    .map((day, index) => ({ day, at: (100 * index) / last }))
    .filter(({ day }) => day.endsWith('-01-01') && Number(day.slice(0, 4)) % every === 0)
    .map(({ day, at }) => ({ at, text: day.slice(0, 4) }));
}
