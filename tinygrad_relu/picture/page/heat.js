// A tensor under the finger: a heat map whose numbers can be read, stops crossed out.

import { DATA } from "./data.js";
import { html } from "./html.js";
import { exact, heatColor, number, real, shapeText, tensorOf } from "./numbers.js";
import { say, stateWords } from "./strings.js";
import { svg } from "./svg.js";

/** A heat map of a tensor datum; `mask` is a step's mask in the same shape, or nothing. */
export function heatMap(datum, mask, caption, size = 208) {
  const tensor = tensorOf(datum);
  const [rows, columns] = tensor.preview;
  const cell = Math.max(4, Math.min(22, size / Math.max(columns, 1)));
  const letters = Object.entries(DATA.states);
  const fits = mask && shapeText(mask.shape) === shapeText(tensor.shape);
  const stateAt = (place) => {
    if (!fits) return "";
    const letter = mask.cells.length === 1 ? mask.cells : mask.cells[place];
    return letters.find(([, look]) => look.letter === letter)?.[0] ?? "";
  };
  const top = Math.max(Math.abs(real(tensor.min ?? 0)), Math.abs(real(tensor.max ?? 0)));
  const map = svg("svg", {
    class: "heat", width: columns * cell, height: rows * cell,
    viewBox: `0 0 ${columns * cell} ${rows * cell}`,
    tabindex: 0, role: "img", "aria-label": `${caption}, ${shapeText(tensor.shape)}`,
  });
  tensor.data.forEach((x, place) => {
    const [row, column] = [Math.floor(place / columns), place % columns];
    const rect = svg("rect", { x: column * cell, y: row * cell, width: cell, height: cell });
    rect.style.fill = heatColor(x, top);
    map.append(rect);
    const state = stateAt(place);
    if (DATA.states[state]?.stops || state === "starved") {
      const [a, b] = [column * cell + 2, row * cell + 2];
      const [c, d] = [a + cell - 4, b + cell - 4];
      const stroke = `M${a} ${d}L${c} ${b}`;
      const cross = state === "starved" ? stroke : `M${a} ${b}L${c} ${d}${stroke}`;
      map.append(svg("path", { class: `stop ${state}`, d: cross }));
    }
  });
  const cursor = map.appendChild(svg("rect",
    { class: "cursor", width: cell, height: cell, visibility: "hidden" }));

  const readout = html("p", { class: "readout" }, rangeText(tensor));
  let at = -1;
  const read = (place) => {
    if (place < 0 || place >= tensor.data.length) return;
    at = place;
    const [row, column] = [Math.floor(place / columns), place % columns];
    cursor.setAttribute("x", column * cell);
    cursor.setAttribute("y", row * cell);
    cursor.setAttribute("visibility", "visible");
    const state = stateAt(place);
    const { sign, word } = stateWords(state);
    const index = indexText(tensor, row, column);
    readout.textContent = say("at", { index, value: exact(tensor.data[place]) })
      + (state && state !== "flows" ? ` · ${sign} ${word}` : "");
  };
  map.addEventListener("pointermove", (event) => {
    const area = map.getBoundingClientRect();
    const column = Math.floor((event.clientX - area.left) / area.width * columns);
    const row = Math.floor((event.clientY - area.top) / area.height * rows);
    if (row >= 0 && row < rows && column >= 0 && column < columns) read(row * columns + column);
  });
  map.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (move === undefined || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    read(at < 0 ? 0 : at + move);
  });
  map.addEventListener("pointerleave", () => {
    cursor.setAttribute("visibility", "hidden");
    readout.textContent = rangeText(tensor);
  });
  const partial = tensor.rows > rows || tensor.cols > columns;
  return html("figure", { class: "tensor" },
    html("figcaption", {}, caption),
    map,
    readout,
    partial ? html("p", { class: "faint" },
      say("preview", { rows, cols: columns, shape: shapeText(tensor.shape) })) : "");
}

function rangeText({ size, zeros, min, max }) {
  if (!size) return "[]";
  return say("range", { min: number(min ?? "NaN"), max: number(max ?? "NaN"), zeros, size });
}

/** The place of a previewed number in the whole tensor; leading axes were counted as rows. */
function indexText(tensor, row, column) {
  const index = [column];
  for (const length of tensor.shape.slice(0, -1).reverse()) {
    index.unshift(row % length);
    row = Math.floor(row / length);
  }
  return index.join(", ");
}
