// What blocks the gradient of a node: the gates, and the way from them to it.

import { state } from "./state.js";

export function gatesOf(node) {
  const { timeline, frame } = state;
  const zero = timeline.zeros.get(node);
  if (!zero?.stops.length) return null;
  const gates = new Set(zero.stops.map((stop) => stop.step));
  const nodes = new Set([node]);
  const steps = new Set();
  const open = [node];
  while (open.length) { // from the node toward the loss, as far as the gates
    for (const k of timeline.arrivals[open.pop()]) {
      steps.add(k);
      const { child } = frame.steps[k];
      if (!gates.has(k) && !nodes.has(child)) open.push(child);
      nodes.add(child);
    }
  }
  return { nodes, steps, gates };
}
