// HTML elements, and numbers to point at.

import { exact, real, summary, tensorOf } from "./numbers.js";

/** An HTML element with attributes and children. Text always goes in as text. */
export function html(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") element.addEventListener("click", value);
    else if (value !== false && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== "" && child !== null && child !== undefined));
  return element;
}

/** A button that says what it does. */
export const button = (text, onclick, attributes = {}) =>
  html("button", { type: "button", onclick, ...attributes }, ...[text].flat());

/** A number to point at for all its digits, or the summary of a tensor. */
export function figure(datum, extra = "") {
  const scalar = datum !== null && datum !== undefined && !tensorOf(datum);
  const digits = scalar ? { title: exact(datum), "data-exact": real(datum) } : {};
  return html("span", { class: `figure ${extra}`, ...digits }, summary(datum));
}
