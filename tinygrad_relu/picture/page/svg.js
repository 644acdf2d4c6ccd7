// SVG elements, their text, and the geometry of paths and boxes.

const SVG = "http://www.w3.org/2000/svg";

/** An SVG element with attributes and children. Text always goes in as text. */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** How many columns a text takes: Japanese characters count twice. */
export function columns(text) {
  const wide = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60]/;
  return [...text].reduce((sum, character) => sum + (wide.test(character) ? 2 : 1), 0);
}

/** The text in so many columns, the end cut off. */
export function clip(text, room) {
  if (columns(text) <= room) return text;
  const letters = [...text];
  while (letters.length && columns(letters.join("")) >= room) letters.pop();
  return `${letters.join("")}…`;
}

/** A sign as text, not as an emoji. */
export const textSign = (sign) => `${sign}\ufe0e`;

/** The length along a path at which it crosses the edge of a box; one of its ends is inside. */
export function crossing(path, length, box) {
  const inside = (at) => {
    const { x, y } = path.getPointAtLength(at);
    return x > box.x && x < box.x + box.w && y > box.y && y < box.y + box.h;
  };
  let [near, far] = inside(0) ? [0, length] : [length, 0];
  while (Math.abs(far - near) > 0.5) {
    const middle = (near + far) / 2;
    if (inside(middle)) near = middle; else far = middle;
  }
  return far;
}

/** An arrowhead on a path, as it comes from one length along it to another. */
export function tip(path, from, to) {
  const [a, b] = [path.getPointAtLength(from), path.getPointAtLength(to)];
  const size = Math.hypot(b.x - a.x, b.y - a.y) || 1;
  const [u, v] = [(b.x - a.x) / size, (b.y - a.y) / size];
  const corner = (side) =>
    `${(b.x - 8 * u - side * v).toFixed(1)} ${(b.y - 8 * v + side * u).toFixed(1)}`;
  return `M${b.x.toFixed(1)} ${b.y.toFixed(1)}L${corner(3.4)}L${corner(-3.4)}Z`;
}

/** Text is laid out again whenever it is set. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Click, Enter or Space. */
export function onPress(element, action) {
  element.addEventListener("click", action);
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    action();
  });
}
