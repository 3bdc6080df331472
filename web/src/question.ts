/** The whole question as the address bar holds it: the API's own parameter names, nothing else. */

export type Fields = Readonly<Record<string, string>>;

export const PLACE_FIELDS = ['address', 'postcode', 'lon', 'lat', 'uncertainty_m', 'citycode'] as const;

export interface MapView {
  readonly zoom: number;
  readonly lat: number;
  readonly lon: number;
}

/** Non-empty parameters; the last value wins, except lists which are joined as the API wants them. */
export function fieldsOf(search: string): Fields {
  const fields: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(search)) {
    const text = value.trim();
    if (text === '' || name === 'integre') continue;
    fields[name] = name === 'coordinated' && fields[name] !== undefined ? `${fields[name]},${text}` : text;
  }
  return fields;
}

/** Query string of a question, place first, in a stable order. */
export function searchOf(fields: Fields): string {
  const names = Object.keys(fields).sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
  const params = new URLSearchParams();
  for (const name of names) {
    const value = fields[name];
    if (value !== undefined && value !== '') params.set(name, value);
  }
  return params.toString();
}

function rank(name: string): number {
  const place = (PLACE_FIELDS as readonly string[]).indexOf(name);
  return place === -1 ? PLACE_FIELDS.length : place;
}

export function hasPlace(fields: Fields): boolean {
  return PLACE_FIELDS.some((name) => name !== 'postcode' && name !== 'uncertainty_m' && fields[name] !== undefined);
}

/** The same person and date, elsewhere. */
export function withPlace(fields: Fields, place: Fields): Fields {
  const kept = Object.fromEntries(
    Object.entries(fields).filter(([name]) => !(PLACE_FIELDS as readonly string[]).includes(name)),
  );
  return { ...kept, ...place };
}

/** Only the place of a question. */
export function placeOf(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(([name]) => (PLACE_FIELDS as readonly string[]).includes(name)),
  );
}

/** Set or, with an empty value, remove parameters. */
export function withFields(fields: Fields, changes: Fields): Fields {
  const merged = Object.entries({ ...fields, ...changes }).filter(([, value]) => value !== '');
  return Object.fromEntries(merged);
}

/** `medecin-mg` -> profession and specialty; other trades have no specialty. */
export function tradeFields(trade: string): Fields {
  const [profession, specialty] = trade.startsWith('medecin-') ? ['medecin', trade.slice(8)] : [trade, ''];
  return { profession, specialty };
}

/** A point of the map, to about a decimetre: six decimals. */
export function pointFields(lon: number, lat: number): Fields {
  const wrapped = ((((lon + 180) % 360) + 360) % 360) - 180;
  return { lon: wrapped.toFixed(6), lat: lat.toFixed(6) };
}

/** The service refuses points known less finely than a large commune. */
export const WIDEST_UNCERTAINTY_M = 10_000;

/** Where the device says it is: the true place is within `accuracyM` metres of the point. */
export function positionFields(lon: number, lat: number, accuracyM: number): Fields {
  return { ...pointFields(lon, lat), uncertainty_m: String(Math.max(1, Math.ceil(accuracyM))) };
}

/** `#carte=8.50/43.1234/1.6000`: zoom, latitude, longitude. */
export function viewOf(hash: string): MapView | null {
  const found = /^#carte=(\d+(?:\.\d+)?)\/(-?\d+(?:\.\d+)?)\/(-?\d+(?:\.\d+)?)$/.exec(hash);
  if (found === null) return null;
  const [zoom, lat, lon] = found.slice(1).map(Number) as [number, number, number];
  return zoom <= 22 && Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { zoom, lat, lon } : null;
}

export function hashOf(view: MapView): string {
  return `#carte=${view.zoom.toFixed(2)}/${view.lat.toFixed(4)}/${view.lon.toFixed(4)}`;
}
