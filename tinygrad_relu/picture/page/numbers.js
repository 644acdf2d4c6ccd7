// Numbers as the pictures write them: short, with a proper minus, never −0.

import { DATA } from "./data.js";

/** JSON has no NaN and no infinity: they come as strings. */
export const real = (x) => (typeof x === "string" ? Number(x) : x);

/** Four significant digits: −0.5, 1e−12, 12346, ∞. */
export function number(x) {
  x = real(x);
  if (Number.isNaN(x)) return "NaN";
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  if (x === 0) return "0";
  const size = Math.abs(x);
  let text;
  if (size >= 1e4 && size < 1e7) {
    text = roundHalfEven(x);
  } else {
    const [mantissa, exponent] = fourDigits(x).split("e");
    const power = Number(exponent);
    const plain = power >= -4 && power < 4;
    text = plain ? String(Number(fourDigits(x))) : `${Number(mantissa)}e${power}`;
  }
  return text.replaceAll("-", "−");
}

/** Python rounds a tie to the even neighbour. */
function roundHalfEven(x) {
  const low = Math.floor(x);
  const tie = x - low === 0.5;
  return String(tie ? low + (low % 2 === 0 ? 0 : 1) : Math.round(x));
}

/** Four digits as `1.062e+0`; a tie, too, goes to the even neighbour. */
function fourDigits(x) {
  const [mantissa, exponent] = x.toExponential(24).split("e"); // a tie is exact: zeros from here on
  return /^-?\d\.\d\d[02468]50*$/.test(mantissa)
    ? `${mantissa.slice(0, mantissa.indexOf(".") + 4)}e${exponent}` : x.toExponential(3);
}

/** Every digit, for whoever points at a number. */
export const exact = (x) => String(real(x)).replaceAll("-", "−");

export const tensorOf = (datum) =>
  datum !== null && typeof datum === "object" ? DATA.tensors[datum.tensor] : null;

/** A scalar's number, a short vector's numbers, the spread of anything larger. */
export function summary(datum) {
  if (datum === null || datum === undefined) return "–";
  const tensor = tensorOf(datum);
  return tensor ? tensor.summary : number(datum);
}

/** The summary, or where it has no room the spread. */
export function brief(datum, columns) {
  const text = summary(datum);
  const tensor = tensorOf(datum);
  return !tensor || text.length <= columns ? text : tensor.spread;
}

export const shapeText = (shape) => shape.join("×");

/** How much a datum carries: the largest absolute value, for the width of a line. */
export function magnitude(datum) {
  const tensor = tensorOf(datum);
  const size = tensor
    ? Math.max(Math.abs(real(tensor.min ?? 0)), Math.abs(real(tensor.max ?? 0)))
    : Math.abs(real(datum));
  return Number.isFinite(size) ? size : 0;
}

/** Whether every element is exactly 0. */
export function isZero(datum) {
  const tensor = tensorOf(datum);
  return tensor ? tensor.zeros === tensor.size : real(datum) === 0;
}

/** Equal data share a place among the tensors, so comparing places will do. */
export function sameDatum(a, b) {
  if (tensorOf(a) && tensorOf(b)) return a.tensor === b.tensor;
  return Object.is(real(a ?? null), real(b ?? null));
}

/** Blue below 0, orange above, paper at exactly 0, as in the other pictures. */
export function heatColor(x, top) {
  x = real(x);
  if (!Number.isFinite(x)) return "var(--nonfinite)";
  if (x === 0) return "var(--zero)";
  const strength = Math.round(25 + 75 * Math.min(1, Math.abs(x) / (top || 1)));
  const color = x < 0 ? "--negative" : "--positive";
  return `color-mix(in srgb, var(${color}) ${strength}%, var(--zero))`;
}
