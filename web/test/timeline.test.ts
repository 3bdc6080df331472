import { describe, expect, it } from 'vitest';

import { type Layer, positionOf, sliderDays, yearMarks, type Zoning, zoningOn } from '../src/timeline';

function zoning(key: string, ...days: (readonly [string | null, string | null])[]): Zoning {
  return { key, label: key, kind: 'commune_class', codes: {}, outside: [], days };
}

const rural: Layer = { id: 'rural', label: 'Rural', zonings: [zoning('zrr', ['2017-07-01', '2024-06-30']), zoning('frr', ['2024-07-01', null])] };

describe('the days of the slider', () => {
  it('holds the first of each month, today, the days of change and the day of the question, in order, once', () => {
    const days = sliderDays([rural], '2026-11-23', ['2024-06-30', '2026-11-23', '1990-01-01']);
    expect(days[0]).toBe('2015-01-01');
    expect(days.at(-1)).toBe('2027-12-01');
    expect(days).toContain('2026-11-23');
    expect(days).toContain('2024-06-30');
    expect(days).not.toContain('1990-01-01');
    expect([...days].sort()).toEqual(days);
    expect(new Set(days).size).toBe(days.length);
  });

  it('finds the last day not after a date, and stays within its ends', () => {
    const days = ['2024-01-01', '2024-02-01', '2024-03-01'];
    expect(positionOf(days, '2024-02-01')).toBe(1);
    expect(positionOf(days, '2024-02-28')).toBe(1);
    expect(positionOf(days, '2020-01-01')).toBe(0);
    expect(positionOf(days, '2030-01-01')).toBe(2);
  });

  it('marks years from 0 to 100 percent', () => {
    const marks = yearMarks(sliderDays([], '2026-11-23'), 3);
    expect(marks.map(({ text }) => text)).toEqual(['2016', '2019', '2022', '2025']);
    for (const { at } of marks) expect(at > 0 && at < 100).toBe(true);
  });
});

describe('the zoning of a day', () => {
  it('is ZRR to the last day of June 2024 and FRR from the next', () => {
    expect(zoningOn(rural, '2024-06-30')?.key).toBe('zrr');
    expect(zoningOn(rural, '2024-07-01')?.key).toBe('frr');
  });

  it('is the first before all of them, and the last begun in a gap', () => {
    expect(zoningOn(rural, '2010-01-01')?.key).toBe('zrr');
    const gap: Layer = { ...rural, zonings: [zoning('a', ['2015-01-01', '2015-12-31']), zoning('b', ['2020-01-01', null])] };
    expect(zoningOn(gap, '2018-01-01')?.key).toBe('a');
  });

  it('reads an open start as always', () => {
    expect(zoningOn({ ...rural, zonings: [zoning('a', [null, null])] }, '2000-01-01')?.key).toBe('a');
  });
});
