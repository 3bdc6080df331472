import { describe, expect, it } from 'vitest';

import { type Answer, cell, csvOf, fileName, geojsonOf } from '../src/tables';

const answer: Answer = {
  place: { label: '=cmd|"/c calc"', lon: 1.6, lat: 42.9, citycode: '09122' },
  date: '2026-11-23',
  known_on: '2026-11-23',
  memberships: [
    { zoning: 'doctors', state: 'inside', code: 'ZAC', label: 'ZAC', valid_from: '2022-05-04' },
    { zoning: 'qpv', generation: 2024, state: 'unknown', label: 'QPV', reason: 'no_outline' },
  ],
  offers: [
    {
      aid: 'x', label: 'Aide ; "x"', status: 'to_check', amount_eur: 1234.5, unit_label: '€ par an', arithmetic: null,
      reasons: [{ text: 'Secteur 1' }], references: [{ title: 'Loi', href: null }], contact: { label: 'CPAM' }, checked_on: '2026-11-01',
    },
  ],
  near: [{ lon: 1.7, lat: 42.8, zoning: 'doctors', code: 'ZIP' }],
  data_version: 'abc',
};

describe('CSV', () => {
  it('begins with its mark, has as many cells in each row, and never a formula', () => {
    const text = csvOf(answer);
    expect(text.startsWith('\ufeffrubrique;')).toBe(true);
    const rows = text.trimEnd().split('\r\n');
    expect(rows).toHaveLength(4);
    expect(text).not.toMatch(/(^|;|")=cmd/m);
    expect(rows[3]).toContain('1234,5');
    expect(rows[3]).toContain('"Aide ; ""x"""');
    expect(rows[2]).toContain('qpv-2024;QPV;à vérifier');
  });

  it.each([['=1+1', "'=1+1"], ['+33', "'+33"], ['-1', "'-1"], ['@x', "'@x"], ['\tx', "'\tx"], ['rue', 'rue']])('makes %j harmless', (given, expected) => {
    expect(cell(given)).toBe(expected);
  });

  it('writes numbers as numbers, with a comma, negatives included', () => {
    expect(cell(-12.5)).toBe('-12,5');
    expect(cell(null)).toBe('');
    expect(cell(0)).toBe('0');
  });
});

describe('GeoJSON', () => {
  it('puts longitude first and the place before what is around', () => {
    const { features } = geojsonOf(answer);
    expect(features.map((feature) => feature.geometry)).toEqual([
      { type: 'Point', coordinates: [1.6, 42.9] },
      { type: 'Point', coordinates: [1.7, 42.8] },
    ]);
    expect(features[0]?.properties?.['label']).toBe('=cmd|"/c calc"');
  });

  it('has no geometry where the place has no point', () => {
    const { features } = geojsonOf({ ...answer, place: { ...answer.place, lon: null, lat: null } });
    expect(features[0]?.geometry).toBeNull();
  });
});

describe('file names', () => {
  it.each([['Saint-Étienne, 42000', 'zonage-saint-etienne-42000.csv'], ['../../x', 'zonage-x.csv'], ['☃', 'zonage-lieu.csv']])('%s', (label, expected) => {
    expect(fileName(label, 'csv')).toBe(expected);
  });
});
