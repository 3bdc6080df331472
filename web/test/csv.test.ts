import { describe, expect, it } from 'vitest';

import { decode, parse, readCandidates, UnreadableTable } from '../src/csv';
import { applicantOf, type Ranked, rankingCsv, ranks } from '../src/ranking';

describe('a table of candidates', () => {
  it('finds its separator and its columns, French or English, accents or not', () => {
    const { candidates, unread } = readCandidates('Identifiant;Code postal;Adresse\r\nA;09000;1 rue X, Foix\r\n');
    expect(candidates).toEqual([{ id: 'A', address: '1 rue X, Foix', postcode: '09000' }]);
    expect(unread).toEqual([]);
  });

  it('prefers the point, then the address, then the commune', () => {
    const { candidates } = readCandidates('lon,lat,address,citycode\n1.5,43,a,09122\n,,a,09122\n,,,09122\n');
    expect(candidates).toEqual([
      { id: 'ligne 2', lon: 1.5, lat: 43 },
      { id: 'ligne 3', address: 'a' },
      { id: 'ligne 4', citycode: '09122' },
    ]);
  });

  it('takes longitude 0 for a longitude and names the rows without a place', () => {
    const { candidates, unread } = readCandidates('lon;lat\n0;45,5\n;\nx;y\n1;\n');
    expect(candidates).toEqual([{ id: 'ligne 2', lon: 0, lat: 45.5 }]);
    expect(unread).toEqual([4, 5]);
  });

  it('keeps leading zeros of codes and refuses what is not one', () => {
    expect(readCandidates('insee\n01001\n2A004\n1001\n')).toEqual({
      candidates: [{ id: 'ligne 2', citycode: '01001' }, { id: 'ligne 3', citycode: '2A004' }],
      unread: [4],
    });
  });

  it('says so when no column names a place', () => {
    expect(() => readCandidates('a;b\n1;2')).toThrow(UnreadableTable);
    expect(() => readCandidates('lon\n1')).toThrow(UnreadableTable);
  });

  it('reads quotes, line ends inside them, and doubled quotes', () => {
    expect(parse('a;b\n"x;""y""\nz";2')).toEqual([['a', 'b'], ['x;"y"\nz', '2']]);
  });

  it('reads UTF-8 and the Windows encoding', () => {
    expect(decode(new TextEncoder().encode('é').buffer)).toBe('é');
    expect(decode(new Uint8Array([0xe9]).buffer)).toBe('é');
  });
});

describe('a ranking', () => {
  const row = (id: string, score: number): Ranked => ({ id, score, amount_eur: 0, aids_available: [], aids_to_check: [], parts: [], place: { label: id } });

  it('puts the best first and lets equal scores share their rank', () => {
    expect(ranks([row('a', 1), row('b', 3), row('c', 3), row('d', 2)]).map(({ rank, row: { id } }) => [rank, id])).toEqual([[1, 'b'], [1, 'c'], [3, 'd'], [4, 'a']]);
  });

  it('is saved without formulas', () => {
    expect(rankingCsv(ranks([row('=x', 1)]))).toContain("'=x");
  });

  it('sends facts with their own types', () => {
    const facts = applicantOf({ profession: 'medecin', sector: '1', days_per_week: '2.5', pdsa: 'true', coordinated: 'cpts,msp', date: '2026-01-01', citycode: '09122', installed_since: '2020-01-01' });
    expect(facts).toEqual({ profession: 'medecin', sector: '1', days_per_week: 2.5, pdsa: true, coordinated: ['cpts', 'msp'], installed_since: '2020-01-01' });
  });
});
