/** Dates and amounts as French readers expect them. */

const EUROS = new Intl.NumberFormat('fr-FR', { style: 'currency', currency: 'EUR', maximumFractionDigits: 2, minimumFractionDigits: 0 });
const MONTH = new Intl.DateTimeFormat('fr-FR', { month: 'long', year: 'numeric', timeZone: 'UTC' });
const DAY = new Intl.DateTimeFormat('fr-FR', { day: '2-digit', month: '2-digit', year: 'numeric', timeZone: 'UTC' });
const LONG_DAY = new Intl.DateTimeFormat('fr-FR', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });

export function euros(amount: number): string {
  return EUROS.format(amount);
}

/** `2026-11-23` -> `23/11/2026`. */
export function day(iso: string): string {
  return DAY.format(new Date(`${iso}T00:00:00Z`));
}

/** `2026-11-01` -> `1er novembre 2026`. */
export function longDay(iso: string): string {
  return LONG_DAY.format(new Date(`${iso}T00:00:00Z`)).replace(/^1 /, '1er ');
}

/** `2026-11-01` -> `novembre 2026`. */
export function month(iso: string): string {
  return MONTH.format(new Date(`${iso}T00:00:00Z`));
}

/** `420 m`, `2,4 km`. */
export function metres(distance: number): string {
  const m = Math.abs(distance);
  if (m < 995) return `${m >= 100 ? Math.round(m / 5) * 5 : Math.round(m)} m`;
  return m < 9950 ? `${(m / 1000).toFixed(1).replace('.', ',')} km` : `${Math.round(m / 1000)} km`;
}
