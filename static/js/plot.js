// The plot of a list: dots told as they are pointed at, walked with the arrow keys, a family kept in the legend.
// Without it dots are links with titles, the legend dims, and the table below has the front.
"use strict";

const across = (dot) => Number(dot.firstElementChild.getAttribute("x"));
const height = (dot) => -Number(dot.firstElementChild.getAttribute("y"));
const stageOf = (node) => node.closest?.("[data-plot]");
let current = null;

function show(dot, live) {
  current?.classList.remove("is-current");
  current = dot;
  dot.classList.add("is-current");
  const readout = stageOf(dot).querySelector("[data-readout]");
  readout.setAttribute("aria-live", live ? "polite" : "off");
  readout.textContent = dot.querySelector("title").textContent;
}

// What a family in the legend dims is not walked through.
function walkable(stage) {
  const lit = [...stage.querySelectorAll(".plot-dots")].filter((one) => getComputedStyle(one).opacity === "1");
  return lit.flatMap((family) => [...family.children]);
}

function neighbour(stage, by, direction) {
  const dots = walkable(stage).sort((one, other) => by(one) - by(other));
  const here = dots.indexOf(current);
  if (here < 0) return dots[direction > 0 ? 0 : dots.length - 1];
  return dots[here + direction] ?? current;
}

const STEPS = {
  ArrowRight: (stage) => neighbour(stage, across, +1),
  ArrowLeft: (stage) => neighbour(stage, across, -1),
  ArrowUp: (stage) => neighbour(stage, height, +1),
  ArrowDown: (stage) => neighbour(stage, height, -1),
};

document.addEventListener("keydown", (event) => {
  const stage = event.target.matches?.("[data-plot]") && event.target;
  if (!stage || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Enter" && current && stage.contains(current)) {
    location.assign(current.href.baseVal);
  } else if (STEPS[event.key]) {
    event.preventDefault();
    const dot = STEPS[event.key](stage);
    if (dot) show(dot, true);
  }
});

document.addEventListener("pointerover", (event) => {
  const dot = event.target.closest?.(".plot-dots a");
  if (dot) show(dot, false);
});

let family = "";
document.addEventListener("change", (event) => {
  if (event.target.name === "shown-family") family = event.target.value;
});

function prepare() {
  const stage = document.querySelector("[data-plot]");
  if (!stage) return;
  stage.tabIndex = 0;
  stage.querySelector("[data-readout]").hidden = false;
  if (!stage.contains(current)) current = null;
  // Another plot came in: the family that was looked at is looked at still, if it has it.
  const kept = family && document.querySelector(`[name="shown-family"][value="${CSS.escape(family)}"]`);
  if (kept) kept.checked = true;
}

prepare();
document.addEventListener("htmx:afterSettle", prepare);
