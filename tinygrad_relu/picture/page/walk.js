// The walk through the pass, and what is walked through: a step, a frame, a selection.

import { DATA } from "./data.js";
import { set, state, timelines } from "./state.js";

/** The nearest position that there is. */
const within = (position, timeline) =>
  Math.max(0, Math.min(timeline.end, Math.round(position) || 0));

/** Move; where answers are hidden, what comes new is asked before it is told. */
export function go(position) {
  const to = within(position, state.timeline);
  set({ position: to, told: state.veiled && to > state.position ? to - 1 : to });
}

/** What a step goes to: whether a position is one to rest at. The last and the first always are. */
const STRIDES = {
  step: () => true,
  carried: ({ frame, timeline }, position) => frame.steps[timeline.step(position)]?.state !== "starved",
  cut: ({ timeline }, position) => timeline.cuts.has(timeline.step(position)),
  layer: (now, position) => layerAt(now, position) !== layerAt(now, position + 1),
};

/** The outermost scope of what is computed or differentiated. */
function layerAt({ frame, timeline }, position) {
  if (position < timeline.seed) return `forward ${frame.nodes[timeline.made[position - 1]]?.scope?.[0]}`;
  const step = frame.steps[timeline.step(position)];
  return `backward ${step && frame.nodes[step.child].scope?.[0]}`;
}

/** The next position to rest at, forward or back. */
function rest(by, stride) {
  let position = state.position + by;
  const { end } = state.timeline;
  while (position > 0 && position < end && !STRIDES[stride](state, position)) position += by;
  return position;
}

/** The answer first, if a question is open; then on. */
function advance(by = 1) {
  if (by > 0 && state.told < state.position) set({ told: state.position });
  else go(rest(by, state.stride));
}

/** A step by hand ends the playing. */
export function step(by) {
  play(false);
  advance(by);
}

export const toCut = (by) => jump(rest(by, "cut"));

/** Hide what is to be predicted, or show it again. */
export const veil = (veiled) => set({ veiled, told: state.position });

/** To a place chosen by hand. */
export function jump(position) {
  play(false);
  go(position);
}

export const select = (selection) => set({ selection });

export function chooseFrame(f) {
  const timeline = timelines[f];
  if (!timeline) return;
  const [position, told] = [state.position, state.told].map((at) => within(at, timeline));
  set({ frame: DATA.frames[f], timeline, position, told });
}

export const turnFrame = (by) => chooseFrame(DATA.frames.indexOf(state.frame) + by);

export const compareWith = (f) => set({ reference: DATA.frames[f], referenceTimeline: timelines[f] });

let timer = 0;

export function play(on = !state.playing) {
  clearTimeout(timer);
  if (on && state.told === state.timeline.end) go(0);
  if (on !== state.playing) set({ playing: on });
  if (on) timer = setTimeout(tick, 120);
}

function tick() {
  advance();
  if (state.told < state.timeline.end) timer = setTimeout(tick, state.pace);
  else set({ playing: false });
}
