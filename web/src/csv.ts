/** Reads the CSV of candidate places: separator and columns found by themselves, one candidate a row. */

export interface Candidate {
  readonly id?: string;
  readonly address?: string;
  readonly postcode?: string;
  readonly citycode?: string;
  readonly lon?: number;
  readonly lat?: number;
}

export interface ReadCandidates {
  readonly candidates: readonly Candidate[];
  /** Rows that name no place, by their number in the file (the header is row 1). */
  readonly unread: readonly number[];
}

const NAMES: Readonly<Record<string, keyof Candidate>> = {
  id: 'id', identifiant: 'id', nom: 'id', name: 'id', libelle: 'id',
  address: 'address', adresse: 'address', postcode: 'postcode', code_postal: 'postcode', cp: 'postcode',
  citycode: 'citycode', code_insee: 'citycode', insee: 'citycode', code_commune: 'citycode',
  lon: 'lon', longitude: 'lon', lat: 'lat', latitude: 'lat',
};

export class UnreadableTable extends Error {}

/** UTF-8 with or without its mark, else the Windows encoding that French spreadsheets still write. */
export function decode(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/** Rows and cells; quotes hold separators, line ends and doubled quotes. */
export function parse(text: string): string[][] {
  const separator = separatorOf(text);
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charAt(at);
    if (quoted) {
      if (sign !== '"') cell += sign;
      else if (text.charAt(at + 1) === '"') {
        cell += '"';
        at += 1;
      } else quoted = false;
    } else if (sign === '"' && cell === '') quoted = true;
    else if (sign === separator) {
      row.push(cell);
      cell = '';
    } else if (sign === '\n' || sign === '\r') {
      if (sign === '\r' && text.charAt(at + 1) === '\n') at += 1;
      rows.push([...row, cell]);
      row = [];
      cell = '';
    } else cell += sign;
  }
  if (cell !== '' || row.length > 0) rows.push([...row, cell]);
  return rows;
}

function separatorOf(text: string): string {
  const head = text.slice(0, text.search(/[\r\n]|$/));
  const counts = [';', ',', '\t'].map((sign) => ({ sign, count: head.split(sign).length }));
  counts.sort((a, b) => b.count - a.count);
  return counts[0]?.sign ?? ';';
}

/** Candidates of a table. Raises `UnreadableTable`, with words for people, when no column names a place. */
export function readCandidates(text: string): ReadCandidates {
  const rows = parse(text.replace(/^\ufeff/, ''));
  const head = (rows[0] ?? []).map((name) => NAMES[name.normalize('NFD').replace(/\p{Diacritic}/gu, '').trim().toLowerCase().replace(/\s+/g, '_')]);
  const has = (name: keyof Candidate): boolean => head.includes(name);
  if (!has('address') && !has('citycode') && !(has('lon') && has('lat'))) {
    throw new UnreadableTable('Aucune colonne ne nomme un lieu : il faut address, ou citycode, ou lon et lat.');
  }
  const candidates: Candidate[] = [];
  const unread: number[] = [];
  for (const [index, cells] of rows.slice(1).entries()) {
    if (cells.every((cell) => cell.trim() === '')) continue;
    const given: Record<string, string> = {};
    for (const [column, name] of head.entries()) {
      const cell = cells[column]?.trim() ?? '';
      if (name !== undefined && cell !== '') given[name] = cell;
    }
    const candidate = candidateOf(given, index + 2);
    if (candidate === null) unread.push(index + 2);
    else candidates.push(candidate);
  }
  return { candidates, unread };
}

/** One way of naming the place, the finest first: point, then address, then commune. */
function candidateOf(given: Readonly<Record<string, string>>, row: number): Candidate | null {
  const id = (given['id'] ?? `ligne ${row}`).slice(0, 80);
  const lon = Number(given['lon']?.replace(',', '.') ?? Number.NaN);
  const lat = Number(given['lat']?.replace(',', '.') ?? Number.NaN);
  if (Math.abs(lon) <= 180 && Math.abs(lat) <= 90) return { id, lon, lat };
  const { address, postcode, citycode } = given;
  if (address !== undefined && address.length <= 200) {
    return postcode !== undefined && /^\d{5}$/.test(postcode) ? { id, address, postcode } : { id, address };
  }
  return citycode !== undefined && /^(?:\d{2}|2[AB])\d{3}$/.test(citycode) ? { id, citycode } : null;
}
