import { describe, expect, it } from 'vitest';

import { wrap } from '../src/card';
import { day, euros, longDay, metres } from '../src/format';
import { answerScene, disc, placesScene } from '../src/map/shapes';
import { isWorthAsking, readSuggestions, repaired } from '../src/suggestions';
import { legendOf, type Swatches } from '../src/swatches';
import { trouble, troubleOf, troubleOfError } from '../src/troubles';

describe('suggestions', () => {
  const feature = (properties: Record<string, unknown>): unknown => ({ properties });

  it('ask by code for a commune and by text, commune named, for an address', () => {
    const found = readSuggestions({
      features: [
        feature({ label: 'Foix', type: 'municipality', citycode: '09122', postcode: '09000', context: 'Ariège' }),
        feature({ label: '1 rue X', type: 'housenumber', city: 'Foix', postcode: '09000', citycode: '09122' }),
      ],
    });
    expect(found.map(({ label, place }) => [label, place])).toEqual([
      ['Foix (09000)', { citycode: '09122' }],
      ['1 rue X', { address: '1 rue X, 09000 Foix' }],
    ]);
  });

  it('are shown once, and survive an answer of another shape', () => {
    const twice = feature({ label: 'Foix', type: 'municipality', citycode: '09122' });
    expect(readSuggestions({ features: [twice, twice, feature({}), {}] })).toHaveLength(1);
    for (const odd of [null, undefined, 1, 'x', {}, { features: 'x' }]) expect(readSuggestions(odd)).toEqual([]);
  });

  it('are asked from three signs on', () => {
    expect(isWorthAsking('fo ')).toBe(false);
    expect(isWorthAsking('foi')).toBe(true);
    expect(isWorthAsking('x'.repeat(201))).toBe(false);
  });
});

describe('troubles', () => {
  it('are told apart by status', () => {
    expect(troubleOf(200, null)).toBeNull();
    expect(troubleOf(429, '30')).toMatchObject({ cause: 'busy', retryAfterS: 30 });
    expect(troubleOf(429, '30')?.advice).toContain('30 s');
    expect(troubleOf(503, 'demain')).toMatchObject({ cause: 'busy', retryAfterS: null });
    expect(troubleOf(500, null)?.cause).toBe('broken');
    expect(troubleOf(422, null)?.cause).toBe('refused');
  });

  it('tell a slow service from an absent one', () => {
    expect(troubleOfError(new DOMException('', 'TimeoutError')).cause).toBe('slow');
    expect(troubleOfError(new TypeError('Failed to fetch')).cause).toBe('offline');
    expect(trouble('denied').advice).toContain('localisation');
  });
});

describe('French formats', () => {
  it('writes days, amounts and distances', () => {
    expect(day('2026-01-05')).toBe('05/01/2026');
    expect(longDay('2024-07-01')).toBe('1er juillet 2024');
    expect(euros(12500).replaceAll(/\s/g, ' ')).toBe('12 500 €');
    expect([metres(7), metres(422), metres(2449), metres(18_400)]).toEqual(['7 m', '420 m', '2,4 km', '18 km']);
  });
});

describe('shapes of an answer', () => {
  const place = { label: 'Foix', lon: 1.6, lat: 42.9, uncertainty_m: 500, precision: 'street', citycode: '09122' };

  it('draws a disc of the right radius, closed', () => {
    const ring = disc(1.6, 42.9, 500);
    expect(ring[0]).toEqual(ring.at(-1));
    const [, top] = ring[0] ?? [0, 0];
    expect(((top ?? 0) - 42.9) * 111_195).toBeCloseTo(500, 0);
  });

  it('draws no line to a zone the place is in, nor a disc for an exact point', () => {
    const near = [{ zoning: 'qpv', code: 'Q', label: 'Q', lon: 1.61, lat: 42.91, signed_distance_m: -5 }];
    const roles = answerScene({ place: { ...place, uncertainty_m: 0 }, date: '', near }).shapes.features.map((f) => f.properties?.['role'] as string);
    expect(roles).toEqual(['place']);
  });

  it('has nothing to show for a place without a point', () => {
    expect(answerScene({ place: { ...place, lon: null, lat: null }, date: '', near: [] })).toMatchObject({ bounds: null });
    expect(placesScene([{ number: 1, label: 'x', lon: null, lat: null }]).bounds).toBeNull();
  });
});

describe('the legend', () => {
  const swatches: Swatches = { ZIP: { colour: '#a', pattern: 'dots' }, HZ: { colour: '#b', pattern: 'plain' } };
  const base = { key: 'k', label: 'k', days: [], outside: ['HZ'] as readonly string[] };

  it('names each class, then what is not known', () => {
    const rows = legendOf({ ...base, kind: 'commune_class', codes: { ZIP: 'Zip', HZ: 'Hors' } }, swatches);
    expect(rows.map(({ image }) => image)).toEqual(['ZIP', 'HZ', 'unknown']);
  });

  it('names the perimeter of zones without classes', () => {
    expect(legendOf({ ...base, kind: 'outline', codes: {}, outside: [] }, swatches)).toEqual([{ image: 'inside', text: 'Dans le périmètre' }]);
  });
});

describe('the card', () => {
  it('breaks lines where they no longer fit and never loses a word', () => {
    const lines = wrap('un deux trois quatre-cinq-six', (line) => line.length <= 8);
    expect(lines).toEqual(['un deux', 'trois', 'quatre-cinq-six']);
  });
});

describe('names that an address file holds decoded wrongly', () => {
  it('are shown as they were meant', () => {
    expect(repaired('29 AllÃ©e ThÃ©rÃ¨se 93140 Bondy')).toBe('29 Allée Thérèse 93140 Bondy');
    expect(repaired('Rue de l\u2019Ã‰glise')).toBe('Rue de l\u2019Ã‰glise'); // both right and wrong: left alone
    expect(repaired('Rue de l\'Ã‰glise')).toBe("Rue de l'Église");
  });
  it('are left alone when they were right', () => {
    for (const name of ['Allée Thérèse', 'Ãmbre', 'São Paulo', 'L\u0153uilly']) expect(repaired(name)).toBe(name);
  });
});
