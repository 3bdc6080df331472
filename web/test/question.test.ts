import { describe, expect, it } from 'vitest';

import { fieldsOf, hashOf, hasPlace, pointFields, searchOf, tradeFields, viewOf, withFields, withPlace } from '../src/question';

describe('the question in the address bar', () => {
  it('comes back the same after a round trip', () => {
    const fields = { citycode: '2A004', profession: 'infirmier', status: 'installed', date: '2024-03-15', coordinated: 'cpts,msp' };
    expect(fieldsOf(searchOf(fields))).toEqual(fields);
  });

  it('keeps text as it is, whatever signs it holds', () => {
    const fields = { address: '1 rue de l’Église & fils #2, 09000 Foix +' };
    expect(fieldsOf(`?${searchOf(fields)}`)).toEqual(fields);
  });

  it('leaves out empty values and the mark of embedding, and joins lists', () => {
    expect(fieldsOf('?address=&integre=1&coordinated=cpts&coordinated=msp')).toEqual({ coordinated: 'cpts,msp' });
  });

  it('writes the place first, in one order', () => {
    expect(searchOf({ status: 'installing', lat: '2', lon: '1', date: '2026-01-01' })).toBe('lon=1&lat=2&date=2026-01-01&status=installing');
  });

  it('changes the place and keeps the person', () => {
    const before = { address: 'Foix', postcode: '09000', profession: 'medecin' };
    expect(withPlace(before, { citycode: '32013' })).toEqual({ profession: 'medecin', citycode: '32013' });
  });

  it('drops a field that becomes empty', () => {
    expect(withFields({ specialty: 'mg', profession: 'medecin' }, tradeFields('infirmier'))).toEqual({ profession: 'infirmier' });
    expect(tradeFields('medecin-other')).toEqual({ profession: 'medecin', specialty: 'other' });
  });

  it('needs more than a postal code to have a place', () => {
    expect(hasPlace({ postcode: '09000' })).toBe(false);
    expect(hasPlace({ lon: '0', lat: '45' })).toBe(true);
  });

  it('wraps longitudes and keeps six decimals', () => {
    expect(pointFields(361.5, 45)).toEqual({ lon: '1.500000', lat: '45.000000' });
    expect(pointFields(0, 0)).toEqual({ lon: '0.000000', lat: '0.000000' });
  });

  it('reads a view it wrote and refuses others', () => {
    const view = { zoom: 8.5, lat: 43.1234, lon: -1.6 };
    expect(viewOf(hashOf(view))).toEqual(view);
    for (const hash of ['', '#carte=8', '#carte=8/95/1', '#carte=99/45/1', '#carte=8/45/1/2', '#autre=8/45/1']) expect(viewOf(hash)).toBeNull();
  });
});
