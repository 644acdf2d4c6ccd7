// The walk through a pass, as positions on a line:
//
//   0            the leaves have their values
//   1 … F        one node more is computed
//   F + 1        the pass begins: the seed is at the root
//   F + 1 + k    step k of the pass has been taken, k = 1, 2, …
//
// Where the last node could not be computed, all ends at F.

export class Timeline {
  constructor(frame) {
    this.frame = frame;
    this.made = frame.nodes.map((node, i) => i).filter((i) => frame.nodes[i].op);
    this.birth = frame.nodes.map(() => 0);
    this.made.forEach((node, i) => { this.birth[node] = i + 1; });
    this.seed = this.made.length + 1;
    this.end = frame.refused ? this.made.length : this.seed + frame.steps.length;
    this.arrivals = frame.nodes.map(() => []);
    frame.steps.forEach((step, k) => this.arrivals[step.parent].push(k));
    this.cuts = new Set(frame.cuts.map((cut) => cut.step));
    this.zeros = new Map(frame.zeros.map((zero) => [zero.node, zero])); // why they are
  }

  /** The position at which step k, counted from 0, has been taken. */
  at(k) { return this.seed + 1 + k; }

  /** The step taken last at a position, counted from 0; −1 before the first. */
  step(position) { return position - this.seed - 1; }

  hasValue(node, position) { return position >= this.birth[node] && !this.refuses(node); }

  /** Whether a node could not be computed. */
  refuses(node) { return Boolean(this.frame.refused) && node === this.frame.root; }

  /** What the gradient of a node is so far; undefined if nothing has arrived. */
  gradient(node, position) {
    if (node === this.frame.root) return position >= this.seed ? this.frame.seed : undefined;
    const taken = this.taken(node, position);
    return taken ? this.frame.steps[this.arrivals[node][taken - 1]].running : undefined;
  }

  /** How many of the contributions to a node have arrived. */
  taken(node, position) {
    const list = this.arrivals[node];
    const last = this.step(position);
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (list[middle] <= last) low = middle + 1; else high = middle;
    }
    return low;
  }

  complete(node, position) {
    return node === this.frame.root
      ? position >= this.seed
      : this.taken(node, position) === this.arrivals[node].length;
  }

  /** The sum at the parent before step k; undefined if nothing had arrived. */
  before(k) {
    const list = this.arrivals[this.frame.steps[k].parent];
    const place = list.indexOf(k);
    return place > 0 ? this.frame.steps[list[place - 1]].running : undefined;
  }

  /** The nodes and steps that look different at one position than at another. */
  touched(from, to) {
    const nodes = new Set();
    const steps = new Set();
    const [low, high] = from < to ? [from, to] : [to, from];
    for (let position = low; position <= high; position++) {
      if (position >= 1 && position < this.seed) nodes.add(this.made[position - 1]);
      if (position === this.seed) nodes.add(this.frame.root);
      const k = this.step(position);
      if (k >= 0 && k < this.frame.steps.length) {
        steps.add(k);
        nodes.add(this.frame.steps[k].child).add(this.frame.steps[k].parent);
      }
    }
    return { nodes, steps };
  }
}
