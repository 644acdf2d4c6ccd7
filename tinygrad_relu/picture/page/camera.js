// The camera over the drawing: what part of it the window shows, and the hands that move it.

const FAR = 3.2; // drawing units a pixel: text is smaller than 4 pixels
export const READABLE = 1.3; // text is 10 pixels high
export const NEAR = 1.1;
export const MARGIN = 24; // drawing units around the drawing, and around what is followed

/** Where a window begins that has an area in its middle, but little that is outside the drawing. */
function centred(start, size, window, whole) {
  if (window > whole + 2 * MARGIN) return (whole - window) / 2;
  return Math.min(Math.max(start + size / 2 - window / 2, -MARGIN), whole + MARGIN - window);
}

/** The rectangle around several. */
function around(boxes) {
  const [x, y] = [Math.min(...boxes.map((b) => b.x)), Math.min(...boxes.map((b) => b.y))];
  const right = Math.max(...boxes.map((b) => b.x + b.w));
  return { x, y, w: right - x, h: Math.max(...boxes.map((b) => b.y + b.h)) - y };
}

export class Camera {
  /** `hands` are told what a hand does: moved, zoomed, fit; and that the window is resized. */
  constructor(root, hands) {
    this.root = root;
    this.hands = hands;
    this.place = null; // what is looked at, in drawing units
    this.size = [900, 600]; // of a window that has none yet
    this.most = 1.5; // pixels a drawing unit: a small graph is not blown up
    this.measure();
    this.listen();
  }

  /** The size of the window, asked for only when it changes: asking makes the browser lay out. */
  measure() {
    const { clientWidth: width, clientHeight: height } = this.root;
    if (width && height) this.size = [width, height]; // else it is hidden
  }

  /** Look at the whole of another drawing. */
  show(sheet, view) {
    this.sheet = sheet;
    this.view = view;
    this.scale = null;
    this.fit();
  }

  fit() {
    const { width, height } = this.view;
    // Room at the edges for the names of scopes, which keep their size.
    const room = MARGIN * Math.max(1, width / this.size[0], height / this.size[1]);
    const w = Math.max(width + 2 * room, this.size[0] / this.most);
    this.place = { x: (width - w) / 2, y: -room, w, h: height + 2 * room };
    this.aim();
  }

  zoom(factor, cx, cy) {
    const { x, y, w, h } = this.place;
    cx ??= x + w / 2;
    cy ??= y + h / 2;
    const scale = Math.min(Math.max(w / factor, 60), 20 * this.view.width + 400) / w;
    const from = (center, start) => center - (center - start) * scale;
    this.place = { x: from(cx, x), y: from(cy, y), w: w * scale, h: h * scale };
    this.aim();
  }

  /** Move the sheet. Only a new scale lays its text out again, and keeps it crisp. */
  aim() {
    const { x, y, scale } = this.sight();
    const { style } = this.sheet;
    if (scale !== this.scale) {
      style.width = `${(this.view.width + 2 * MARGIN) / scale}px`;
      style.height = `${(this.view.height + 2 * MARGIN) / scale}px`;
      style.setProperty("--scale", Math.max(1, scale)); // for names that keep their size
      this.root.classList.toggle("far", scale > FAR);
      this.scale = scale;
    }
    const [dx, dy] = [x, y].map((start) => Math.round((-MARGIN - start) / scale));
    style.transform = `translate(${dx}px, ${dy}px)`;
  }

  /** The part of the drawing that is in sight: the window is wider or higher than the camera. */
  sight() {
    const { x, y, w, h } = this.place;
    const [width, height] = this.size;
    const scale = Math.max(w / width, h / height);
    const [sw, sh] = [width * scale, height * scale];
    return { x: x + (w - sw) / 2, y: y + (h - sh) / 2, w: sw, h: sh, scale };
  }

  /** Have these boxes in sight, or the first of them if they are too far apart; move if need be. */
  bring(boxes, always = false) {
    if (!boxes.length) return;
    const sight = this.sight();
    let area = around(boxes);
    if (area.w > sight.w - 2 * MARGIN || area.h > sight.h - 2 * MARGIN) {
      area = around(boxes.slice(0, 1)); // rather than to and fro
    }
    const inside = [["x", "w"], ["y", "h"]].every(([axis, size]) => {
      const [begin, end] = [sight[axis] + MARGIN, sight[axis] + sight[size] - MARGIN];
      return area[axis] >= begin && area[axis] + area[size] <= end;
    });
    if (inside && !always) return;
    this.place.x += centred(area.x, area.w, sight.w, this.view.width) - sight.x;
    this.place.y += centred(area.y, area.h, sight.h, this.view.height) - sight.y;
    this.aim();
  }

  point(event) {
    const sight = this.sight();
    const area = this.root.getBoundingClientRect();
    const [right, down] = [event.clientX - area.left, event.clientY - area.top];
    return [sight.x + right * sight.scale, sight.y + down * sight.scale];
  }

  listen() {
    new ResizeObserver(() => {
      this.measure();
      if (this.place) this.hands.resized();
    }).observe(this.root);
    const fingers = new Map();
    let moved = 0;
    this.root.addEventListener("pointerdown", (event) => {
      fingers.set(event.pointerId, event);
      moved = 0;
    });
    this.root.addEventListener("pointermove", (event) => {
      const before = fingers.get(event.pointerId);
      if (!before) return;
      const { scale } = this.sight();
      if (fingers.size === 2) { // pinch
        const other = [...fingers.values()].find((finger) => finger.pointerId !== event.pointerId);
        const spread = (a) => Math.hypot(a.clientX - other.clientX, a.clientY - other.clientY);
        this.hands.moved();
        this.zoom(spread(event) / (spread(before) || 1), ...this.point(other));
      } else {
        moved += Math.hypot(event.clientX - before.clientX, event.clientY - before.clientY);
        if (moved > 4) {
          this.root.setPointerCapture(event.pointerId);
          this.place.x -= (event.clientX - before.clientX) * scale;
          this.place.y -= (event.clientY - before.clientY) * scale;
          this.aim();
          this.hands.moved();
        }
      }
      fingers.set(event.pointerId, event);
    });
    for (const end of ["pointerup", "pointercancel"]) {
      this.root.addEventListener(end, (event) => fingers.delete(event.pointerId));
    }
    this.root.addEventListener("click", (event) => { // a drag is no click
      if (moved > 4) event.stopPropagation();
    }, true);
    this.root.addEventListener("dblclick", (event) => {
      if (!event.target.closest(".item, .handle")) this.hands.fit();
    });
    this.root.addEventListener("wheel", (event) => {
      // Inside a notebook the wheel scrolls the notebook, unless Ctrl is held.
      if (window !== window.parent && !event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      this.hands.zoomed();
      this.zoom(Math.exp(-event.deltaY * 0.0016), ...this.point(event));
    }, { passive: false });
  }
}
