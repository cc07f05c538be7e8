/** Draws a benchmark as bars: the speed of each peer relative to the first. The SVG is readable on light and dark. */

import type { Row } from "./statistics";
import { byCase, speed } from "./statistics";
import { baseOf, label } from "./tables";

const WIDTH = 860;
const LABELS = 330;
const BAR = 16;
const GAP = 30;
/** A longer bar is truncated; its label has the value. */
const LONGEST = 2;
const SCALE = (WIDTH - LABELS - 60) / LONGEST;

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .case { font-weight: 600 }
  .name { text-anchor: end }
  .one { stroke: #57606a; stroke-dasharray: 3 3 }
  .peer0 { fill: #8c959f } .peer1 { fill: #54aeff } .peer2 { fill: #e16f24 } .own { fill: #2da44e }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .one { stroke: #9198a1 }
  }`;

/** The bars of every case that the first peer also has. */
export function chart(title: string, rows: readonly Row[]): string {
  const peers = [...new Set(rows.map(({ peer }) => peer))];
  const parts: string[] = [];
  let top = 0;
  for (const [work, own] of byCase(rows)) {
    const bars = own.flatMap((row) => {
      const times = speed(row, baseOf(rows, row))?.median;
      return times === undefined ? [] : [{ row, times }];
    });
    if (bars.length === 0) continue;
    top += GAP;
    parts.push(`<text class="case" x="8" y="${top - 7}">${escaped(work)}</text>`);
    for (const { row, times } of bars) {
      const style = row.peer === peers.at(-1) ? "own" : `peer${peers.indexOf(row.peer)}`;
      const width = Math.min(times, LONGEST) * SCALE;
      const y = top + BAR - 4;
      parts.push(
        `<text class="name" x="${LABELS - 8}" y="${y}">${escaped(label(row))}</text>`,
        `<rect class="${style}" x="${LABELS}" y="${top + 1}" width="${width.toFixed(1)}" height="${BAR - 3}" rx="2"/>`,
        `<text x="${(LABELS + width + 6).toFixed(1)}" y="${y}">${times.toFixed(2)}</text>`,
      );
      top += BAR;
    }
  }
  const one = LABELS + SCALE;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top + 10}" width="${WIDTH}" height="${top + 10}" role="img">`,
    `<title>${escaped(title)}: times the speed of ${escaped(peers[0] ?? "")}</title>`,
    `<style>${STYLE}\n</style>`,
    ...parts,
    `<line class="one" x1="${one}" y1="${GAP}" x2="${one}" y2="${top}"/>`,
    "</svg>\n",
  ].join("\n");
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
