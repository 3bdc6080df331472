/** Colours and patterns of the classes: the server says which, the page draws them for the map and the legend. */

import type { Zoning } from './timeline';

export interface Swatch {
  readonly colour: string;
  readonly pattern: 'plain' | 'diagonal' | 'back-diagonal' | 'dots' | 'lines' | 'cross';
}

export type Swatches = Readonly<Record<string, Swatch>>;

export interface LegendEntry {
  readonly image: string;
  readonly text: string;
}

export const TILE = 24;
const INK = 'rgba(27, 36, 40, 0.34)';
const PALE_INK = 'rgba(140, 138, 128, 0.6)';

/** Image names of a zoning in order: its classes, then outside, then unknown. */
export function legendOf(zoning: Zoning, swatches: Swatches): LegendEntry[] {
  const classes = Object.entries(zoning.codes)
    .filter(([code]) => swatches[code] !== undefined)
    .map(([code, text]) => ({ image: code, text }));
  const inside = classes.length === 0 ? [{ image: 'inside', text: zoning.kind === 'outline' ? 'Dans le périmètre' : 'Classé' }] : [];
  const hasOutside = zoning.kind === 'commune_class' && zoning.outside.length === 0;
  return [
    ...classes,
    ...inside,
    ...(hasOutside ? [{ image: 'none', text: 'Non classé' }] : []),
    ...(zoning.kind === 'commune_class' ? [{ image: 'unknown', text: 'Donnée absente' }] : []),
  ];
}

/** Draw one swatch on a canvas of `TILE` pixels that repeats without seam. */
export function drawSwatch(swatch: Swatch): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = TILE;
  canvas.height = TILE;
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  if (pen === null) throw new Error('no 2D canvas');
  pen.fillStyle = swatch.colour;
  pen.fillRect(0, 0, TILE, TILE);
  pen.strokeStyle = swatch.pattern === 'back-diagonal' ? PALE_INK : INK;
  pen.fillStyle = INK;
  pen.lineWidth = 2;
  pen.beginPath();
  switch (swatch.pattern) {
    case 'diagonal':
      for (const shift of [-TILE, -TILE / 2, 0, TILE / 2, TILE]) line(pen, shift - 4, TILE + 4, shift + TILE + 4, -4);
      break;
    case 'back-diagonal':
      pen.lineWidth = 2;
      for (const shift of [-TILE, 0, TILE]) line(pen, shift - 4, -4, shift + TILE + 4, TILE + 4);
      break;
    case 'lines':
      for (const y of [TILE / 4, (3 * TILE) / 4]) line(pen, 0, y, TILE, y);
      break;
    case 'cross':
      line(pen, TILE / 2, 6, TILE / 2, 18);
      line(pen, 6, TILE / 2, 18, TILE / 2);
      break;
    case 'dots':
      for (const [x, y] of [[6, 6], [18, 18]] as const) {
        pen.moveTo(x, y);
        pen.arc(x, y, 2.3, 0, 2 * Math.PI);
      }
      pen.fill();
      break;
    case 'plain':
  }
  if (swatch.pattern !== 'dots' && swatch.pattern !== 'plain') pen.stroke();
  return canvas;
}

/** The same swatch as the legend shows it: wide enough for its pattern to be recognised. */
export function drawLegend(swatch: Swatch): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = 3 * TILE;
  canvas.height = 2 * TILE;
  const pen = canvas.getContext('2d');
  const pattern = pen?.createPattern(drawSwatch(swatch), 'repeat') ?? null;
  if (pen === null || pattern === null) throw new Error('no 2D canvas');
  pen.fillStyle = pattern;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  return canvas;
}

function line(pen: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number): void {
  pen.moveTo(x0, y0);
  pen.lineTo(x1, y1);
}
