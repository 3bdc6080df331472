/** What the map draws of an answer: the point, its disc of doubt, lines to the closest better zones. */

import type { Feature, FeatureCollection, Position } from 'geojson';

import { metres } from '../format';

export interface Near {
  readonly zoning: string;
  readonly code: string;
  readonly label: string;
  readonly lon: number;
  readonly lat: number;
  readonly signed_distance_m: number;
}

export interface AnswerData {
  readonly place: {
    readonly label: string;
    readonly lon: number | null;
    readonly lat: number | null;
    readonly uncertainty_m: number;
    readonly precision: string;
    readonly citycode: string | null;
  };
  readonly date: string;
  readonly near: readonly Near[];
}

const EARTH_RADIUS_M = 6_371_008.8;
const STEPS = 64;

/** A circle on the sphere, closed, counter-clockwise. */
export function disc(lon: number, lat: number, radiusM: number): Position[] {
  const angle = radiusM / EARTH_RADIUS_M;
  const phi = (lat * Math.PI) / 180;
  const ring: Position[] = [];
  for (let step = 0; step < STEPS; step += 1) {
    const bearing = (-2 * Math.PI * step) / STEPS;
    const latitude = Math.asin(Math.sin(phi) * Math.cos(angle) + Math.cos(phi) * Math.sin(angle) * Math.cos(bearing));
    const turn = Math.atan2(
      Math.sin(bearing) * Math.sin(angle) * Math.cos(phi),
      Math.cos(angle) - Math.sin(phi) * Math.sin(latitude),
    );
    ring.push([lon + (turn * 180) / Math.PI, (latitude * 180) / Math.PI]);
  }
  const first = ring[0];
  if (first !== undefined) ring.push(first);
  return ring;
}

export function shapesOf(answer: AnswerData): FeatureCollection {
  const { lon, lat, uncertainty_m: uncertainty, label } = answer.place;
  if (lon === null || lat === null) return { type: 'FeatureCollection', features: [] };
  const features: Feature[] = [];
  if (uncertainty > 0) {
    features.push({ type: 'Feature', properties: { role: 'disc' }, geometry: { type: 'Polygon', coordinates: [disc(lon, lat, uncertainty)] } });
  }
  for (const near of answer.near) {
    if (near.signed_distance_m <= 0) continue;
    const there: Position = [near.lon, near.lat];
    features.push(
      { type: 'Feature', properties: { role: 'line' }, geometry: { type: 'LineString', coordinates: [[lon, lat], there] } },
      { type: 'Feature', properties: { role: 'near', words: `${near.zoning === 'qpv' ? 'QPV' : near.code} à ${metres(near.signed_distance_m)}` }, geometry: { type: 'Point', coordinates: there } },
    );
  }
  features.push({ type: 'Feature', properties: { role: 'place', label }, geometry: { type: 'Point', coordinates: [lon, lat] } });
  return { type: 'FeatureCollection', features };
}

/** What the map shows at once, and the box worth seeing (west, south, east, north). */
export interface Scene {
  readonly shapes: FeatureCollection;
  readonly bounds: Bounds | null;
}

export type Bounds = [number, number, number, number];

export interface NumberedPlace {
  readonly number: number;
  readonly label: string;
  readonly lon: number | null;
  readonly lat: number | null;
}

/** The scene of one answer. */
export function answerScene(answer: AnswerData): Scene {
  return { shapes: shapesOf(answer), bounds: boundsOf(answer) };
}

/** The scene of a comparison: numbered places. */
export function placesScene(places: readonly NumberedPlace[]): Scene {
  const located = places.flatMap(({ number, label, lon, lat }) => (lon === null || lat === null ? [] : [{ number, label, lon, lat }]));
  const lons = located.map(({ lon }) => lon);
  const lats = located.map(({ lat }) => lat);
  return {
    shapes: {
      type: 'FeatureCollection',
      features: located.map(({ number, label, lon, lat }) => ({
        type: 'Feature', properties: { role: 'place', number, label }, geometry: { type: 'Point', coordinates: [lon, lat] },
      })),
    },
    bounds: located.length === 0 ? null : [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)],
  };
}

/** West, south, east, north of what is worth seeing: the place with its doubt and the zones within 25 km. */
export function boundsOf(answer: AnswerData): Bounds | null {
  const { lon, lat, uncertainty_m: uncertainty } = answer.place;
  if (lon === null || lat === null) return null;
  const near = answer.near.filter((row) => row.signed_distance_m > 0 && row.signed_distance_m <= 25_000);
  const points = [...disc(lon, lat, Math.max(uncertainty, 1500)), ...near.map((row) => [row.lon, row.lat])];
  const lons = points.map((point) => point[0] ?? lon);
  const lats = points.map((point) => point[1] ?? lat);
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}
