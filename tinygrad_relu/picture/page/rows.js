// A long drawing in the shape of its window: broken into rows, as a text is into lines.
//
// A break is between two ranks, where it goes through no node and no scope. A link across
// it leaves its row at the right and comes back at the left, through the gap before its row;
// what is said of it, and its break where it is cut, stand beside its tail.

import { detour, points, shifted, split, written } from "./paths.js";

const GAP = 24; // between two rows, and at their sides
const LANE = 8; // what a link across a break takes of it
const CLEAR = 6; // of what stands, on a way through
const MOST = 30; // rows
const WORTH = 0.95; // a break has to make everything larger by so much

/** The view in as few rows as make it this large in a window, or as large as it gets. */
export function inRows(view, [width, height], enough = 1) {
  const ranks = ranksOf(view);
  const scaleOf = (laid) => Math.max(laid.width / width, laid.height / height);
  let best = view;
  for (let n = 2; n <= Math.min(MOST, ranks.length); n = Math.ceil(1.2 * n)) {
    if (scaleOf(best) <= 1 / enough) break;
    const laid = broken(view, breaks(ranks, n));
    if (scaleOf(laid) > 1.5 * scaleOf(best)) break; // still more rows are still too high
    if (scaleOf(laid) < WORTH * scaleOf(best)) best = laid;
  }
  return best;
}

/** Where each rank begins and ends, which nothing that stands stretches over; links over its start. */
function ranksOf({ items, scopes, links, width }) {
  const standing = [...items, ...scopes].sort((a, b) => a.x - b.x);
  const starts = [];
  let end = -Infinity;
  for (const { x, w } of standing) {
    // What is written on a link stays with its tail.
    if (x > end + CLEAR) starts.push(x - Math.min(12, (x - end) / 2));
    end = Math.max(end, x + w);
  }
  return starts.map((x, i) => ({ x: i ? x : 0, end: starts[i + 1] ?? width,
    links: i && links.filter(({ tail, head }) => items[tail].x < x && items[head].x >= x).length }));
}

/** Begin n rows where few links are cut, and none is much longer than it must be. */
function breaks(ranks, n) {
  const room = 1.15 * shortest(ranks, n);
  const least = [{ cost: 0, starts: [] }]; // for the first i ranks
  for (let i = 1; i <= ranks.length; i++) {
    least[i] = { cost: Infinity, starts: [] };
    for (let j = i - 1; j >= 0 && ranks[i - 1].end - ranks[j].x <= room; j--) {
      const cost = least[j].cost + ranks[j].links;
      if (cost <= least[i].cost && least[j].starts.length < n) {
        least[i] = { cost, starts: [...least[j].starts, ranks[j].x] };
      }
    }
  }
  return least.at(-1).starts;
}

/** The length in which n rows hold all ranks. */
function shortest(ranks, n) {
  let [low, high] = [Math.max(...ranks.map(({ x, end }) => end - x)), ranks.at(-1).end];
  while (high - low > 4) {
    const middle = (low + high) / 2;
    let [rows, start] = [1, 0];
    for (const { x, end } of ranks) if (end - start > middle) [rows, start] = [rows + 1, x];
    if (rows <= n) high = middle; else low = middle;
  }
  return high;
}

/** The view with a row from each start to the next, below one another. */
function broken(view, starts) {
  if (starts.length < 2) return view;
  const rowOf = (x) => starts.findLastIndex((start) => x >= start);
  const across = view.links.map(({ tail, head }) =>
    [rowOf(view.items[tail].x), rowOf(view.items[head].x)]);
  const lanes = starts.map((_, r) => across.filter(([from, to]) => from < to && to === r).length);
  const sides = GAP + LANE * Math.max(...lanes);
  const rows = starts.map((x, r) => ({ x, end: starts[r + 1] ?? view.width, ...extent(view, rowOf, r) }));
  let y = 0;
  rows.forEach((row, r) => {
    if (r) y += GAP + LANE * lanes[r];
    Object.assign(row, { dx: sides - row.x, dy: y - row.top, above: y });
    y += row.bottom - row.top;
  });
  const right = sides + Math.max(...rows.map(({ x, end }) => end - x));
  const moved = (box) => {
    const { dx, dy } = rows[rowOf(box.x)];
    return { ...box, x: box.x + dx, y: box.y + dy };
  };
  const used = starts.map(() => 0);
  const links = view.links.map((link, i) => {
    const [from, to] = across[i].map((r) => rows[r]);
    const at = link.at && [link.at[0] + from.dx, link.at[1] + from.dy];
    if (from === to) return { ...link, at, d: written(shifted(points(link.d), from)) };
    const lane = LANE * ++used[across[i][1]];
    const [near, far] = [shifted(split(points(link.d), from.end)[0], from),
      shifted(split(points(link.d), to.x)[1], to)];
    const end = across[i][1] - across[i][0] > 1 ? right : near.at(-1)[0]; // beside rows it passes
    const way = detour(near.at(-1), far[0], end + lane, to.above - lane, sides - GAP / 2 - lane);
    const half = Math.hypot(near.at(-1)[0] - near[0][0], near.at(-1)[1] - near[0][1]) / 2;
    return { ...link, at, half, d: written(near) + way + written(far).replace("M", "L") };
  });
  return { ...view, links, items: view.items.map(moved), scopes: view.scopes.map(moved),
    width: right + sides, height: y };
}

/** How high a row reaches and how deep, its links and what is written on them included. */
function extent(view, rowOf, row) {
  const boxes = [...view.items, ...view.scopes].filter(({ x }) => rowOf(x) === row);
  const on = view.links.filter(({ tail }) => rowOf(view.items[tail].x) === row);
  const ys = on.flatMap(({ d, at }) => [...points(d).map(([, y]) => y), ...(at ? [at[1] - 16] : [])]);
  return { top: Math.min(...boxes.map(({ y }) => y), ...ys) - 4,
    bottom: Math.max(...boxes.map(({ y, h }) => y + h), ...ys) + 4 };
}
