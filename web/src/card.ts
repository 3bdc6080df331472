/** The answer as an image of 1200 × 630, the size that messengers and networks show. */

export interface CardWords {
  readonly sentence: string;
  readonly sum: string;
  readonly where: string;
  readonly link: string;
}

const WIDTH = 1200;
const HEIGHT = 630;
const MARGIN = 72;

export function drawCard(words: CardWords): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const pen = canvas.getContext('2d');
  if (pen === null) throw new Error('no 2D canvas');
  pen.fillStyle = '#f7f6f2';
  pen.fillRect(0, 0, WIDTH, HEIGHT);
  pen.fillStyle = '#0b5d66';
  pen.fillRect(0, 0, 16, HEIGHT);
  pen.textBaseline = 'top';
  pen.font = '700 30px system-ui, sans-serif';
  pen.fillText('Zonage Santé', MARGIN, 56);
  pen.fillStyle = '#4c585e';
  pen.font = '24px system-ui, sans-serif';
  let y = paragraph(pen, words.where, 112, 32, 2);
  pen.fillStyle = '#1b2428';
  pen.font = '600 38px system-ui, sans-serif';
  y = paragraph(pen, words.sentence, y + 20, 50, 5);
  pen.font = '30px system-ui, sans-serif';
  paragraph(pen, words.sum, y + 20, 40, 2);
  pen.fillStyle = '#4c585e';
  pen.font = '22px system-ui, sans-serif';
  paragraph(pen, `Information indicative. ${words.link}`, HEIGHT - 70, 28, 1);
  return canvas;
}

/** Write at most `lines` lines from `top`; returns where the next paragraph may start. */
function paragraph(pen: CanvasRenderingContext2D, text: string, top: number, height: number, lines: number): number {
  const wrapped = wrap(text, (line) => pen.measureText(line).width <= WIDTH - 2 * MARGIN);
  const kept = wrapped.slice(0, lines);
  const last = kept.length - 1;
  if (wrapped.length > lines && kept[last] !== undefined) kept[last] = `${kept[last].replace(/[\s,.;:]+$/, '')}…`;
  for (const [index, line] of kept.entries()) pen.fillText(line, MARGIN, top + index * height);
  return top + kept.length * height;
}

/** Break a text into lines that fit; a word longer than a line stands alone. */
export function wrap(text: string, fits: (line: string) => boolean): string[] {
  const lines: string[] = [];
  let current = '';
  for (const word of text.split(' ')) {
    const longer = current === '' ? word : `${current} ${word}`;
    if (current === '' || fits(longer)) current = longer;
    else {
      lines.push(current);
      current = word;
    }
  }
  return current === '' ? lines : [...lines, current];
}
