// Paths as points: where one begins, then three for each curve; and as the text of an SVG path.

export const points = (d) => d.match(/-?[\d.]+(?:e-?\d+)?,-?[\d.]+(?:e-?\d+)?/g)
  .map((text) => text.split(",").map(Number));
export const shifted = (path, { dx, dy }) => path.map(([x, y]) => [x + dx, y + dy]);
const pair = ([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`;
export const written = ([start, ...curves]) =>
  `M${pair(start)}${curves.length ? `C${curves.map(pair).join(" ")}` : ""}`;

/** A path that goes to the right, in two where it reaches an x. */
export function split(path, x) {
  let i = 3;
  while (i < path.length - 1 && path[i][0] < x) i += 3;
  const curve = path.slice(i - 3, i + 1);
  let [low, high] = [0, 1];
  for (let step = 0; step < 20; step++) {
    const middle = (low + high) / 2;
    if (halves(curve, middle)[0][3][0] < x) low = middle; else high = middle;
  }
  const [left, right] = halves(curve, low);
  return [[...path.slice(0, i - 3), ...left], [...right, ...path.slice(i + 1)]];
}

/** De Casteljau: a curve in two, a share along it. */
function halves([a, b, c, d], share) {
  const mix = (p, q) => p.map((n, axis) => n + (q[axis] - n) * share);
  const [ab, bc, cd] = [mix(a, b), mix(b, c), mix(c, d)];
  const [abc, bcd] = [mix(ab, bc), mix(bc, cd)];
  const middle = mix(abc, bcd);
  return [[a, ab, abc, middle], [middle, bcd, cd, d]];
}

/** To the right, down, back to the left and in, with round corners. */
export function detour(from, to, right, middle, left) {
  const corners = [[right, from[1]], [right, middle], [left, middle], [left, to[1]]];
  const stops = [from, ...corners, to];
  const toward = ([x, y], [u, v]) => {
    const length = Math.hypot(u - x, v - y) || 1;
    const part = Math.min(10, length / 2) / length;
    return [x + (u - x) * part, y + (v - y) * part];
  };
  return corners.map((corner, i) => `L${pair(toward(corner, stops[i]))}`
    + `Q${pair(corner)} ${pair(toward(corner, stops[i + 2]))}`).join("");
}
