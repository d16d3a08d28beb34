// Proposals under the search box, as a combobox: https://www.w3.org/WAI/ARIA/apg/patterns/combobox/
// htmx brings them; this shows them and lets the keys walk through them. Without it the box is a plain form.
// A module, for what it declares is its own.

const box = () => document.querySelector(".suggesting input");
const list = () => document.getElementById("suggest");
const options = () => [...list().querySelectorAll("[role=option]")];
let active = ""; // the id of the option that the keys are on

// The box may have been swapped for a new one, so all of it is said again.
function tell() {
  const input = box();
  if (!input) return;
  const open = !list().hidden;
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", "suggest");
  input.setAttribute("aria-expanded", String(open));
  if (open && active) input.setAttribute("aria-activedescendant", active);
  else input.removeAttribute("aria-activedescendant");
  for (const option of options()) {
    const chosen = open && option.id === active;
    option.setAttribute("aria-selected", String(chosen));
    if (chosen) option.scrollIntoView({ block: "nearest" });
  }
}

function open(yes) {
  list().hidden = !yes || !options().length;
  active = "";
  tell();
}

function move(step) {
  const every = options();
  if (list().hidden) open(true);
  if (list().hidden) return;
  // Behind the last one comes the box itself, then the first.
  const here = every.findIndex((option) => option.id === active);
  const next = here < 0 && step < 0 ? every.length - 1 : here + step;
  active = every[next]?.id ?? "";
  tell();
}

const KEYS = {
  ArrowDown: () => move(+1),
  ArrowUp: () => move(-1),
  Escape: () => (list().hidden ? false : open(false)),
  Enter: () => {
    const chosen = !list().hidden && active && document.getElementById(active);
    if (!chosen) {
      dismissed = true;
      open(false);
      return false; // the form is sent
    }
    return void chosen.click();
  },
};

// Enter has sent the form and nothing was typed since: an answer that comes later must not cover the results,
// though the box may hold less then, what was typed as filters having become chips.
let dismissed = false;

document.addEventListener("keydown", (event) => {
  if (event.target !== box() || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  const act = KEYS[event.key];
  if (act && act() !== false) event.preventDefault();
});

document.addEventListener("input", (event) => {
  if (event.target !== box()) return;
  dismissed = false;
  active = "";
  tell();
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "suggest") return tell();
  const input = box();
  open(document.activeElement === input && !dismissed);
  const number = list().hidden ? 0 : options().length;
  const words = number === 1 ? "1 suggestion" : `${number} suggestions`;
  document.getElementById("suggest-status").textContent = number ? `${words}, use the arrow keys` : "";
});

// The box keeps the focus while somebody clicks in the list.
document.addEventListener("pointerdown", (event) => {
  if (event.target.closest?.("#suggest")) event.preventDefault();
});
document.addEventListener("mousedown", (event) => {
  if (event.target.closest?.("#suggest")) event.preventDefault();
});

document.addEventListener("click", (event) => {
  const option = event.target.closest?.("#suggest [data-fill]");
  if (!option || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const input = box();
  input.value = option.dataset.fill;
  input.focus();
  input.dispatchEvent(new Event("input", { bubbles: true }));
});

document.addEventListener("focusout", (event) => {
  if (event.target === box() && list()) open(false);
});

if (box()) tell();
