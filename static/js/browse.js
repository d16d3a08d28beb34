// The browse page: quick answers without losing what a person is typing, and keys. Without it, forms and links do.
"use strict";

const form = document.getElementById("filters");

// An answer that was asked for before the last keystroke or tick would undo it; a newer one is on its way.
let edits = 0;
document.addEventListener("input", (event) => {
  if (event.target.form === form) edits += 1;
});
document.addEventListener("htmx:beforeRequest", (event) => {
  event.detail.xhr.edits = edits;
});
let submitted = false;

// Enter asks for everything that stands in the box: the answer while typing, still waiting for its 300 ms, must not
// take the place of that one.
let sent = -1;
form.addEventListener("submit", () => {
  sent = edits;
});
document.addEventListener("htmx:confirm", (event) => {
  if (event.target.id === "words" && sent === edits) event.preventDefault();
});
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.edits !== edits) event.detail.shouldSwap = false;
  submitted = event.detail.requestConfig.triggeringEvent?.type === "submit";
});

// The box being typed into keeps its text as it stands: "5." must not become "5" under the cursor. Enter is the
// end of typing: then "resnet size<100MB" becomes "resnet" and a chip.
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const typing = document.activeElement;
  if (submitted || !typing?.id || !typing.matches("input:not([type=checkbox])")) return;
  if (!event.detail.target.contains(typing)) return;
  const arriving = event.detail.fragment.querySelector(`#${CSS.escape(typing.id)}`);
  if (arriving) arriving.value = typing.value;
});

// In the drawer, Apply shows the results.
form.addEventListener("submit", () => {
  const drawer = document.getElementById("narrow");
  if (drawer.matches(":popover-open")) drawer.hidePopover();
});

document.getElementById("keys-hint").hidden = false;

function step(direction) {
  const rows = [...document.querySelectorAll("[data-row]")];
  const here = rows.indexOf(document.activeElement);
  const next = here < 0 ? (direction > 0 ? 0 : rows.length - 1) : here + direction;
  rows[next]?.focus();
}

const KEYS = {
  j: () => step(+1),
  k: () => step(-1),
  o: () => document.activeElement.matches("[data-row]") && document.activeElement.click(),
  "?": () => document.getElementById("keys").showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input:not([type=checkbox]), textarea, select, dialog")) return;
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
