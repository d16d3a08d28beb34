// What every page shares. Everything works without it: this only makes it quicker.
"use strict";

document.documentElement.classList.add("js");

// "/" goes to the search box, unless a person is writing somewhere.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const search = document.querySelector("[data-search]") ?? document.getElementById("site-search");
  if (!search) return;
  event.preventDefault();
  search.focus();
  search.select();
});

// <button class="button copy" type="button" data-copy="id of the element with the text">
document.addEventListener("click", async (event) => {
  const button = event.target.closest(".copy");
  if (!button) return;
  const text = button.dataset.copy
    ? document.getElementById(button.dataset.copy)
    : button.closest(".code").querySelector("pre");
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text.textContent.trim());
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(text); // no permission: it is selected, Ctrl+C does the rest
    button.textContent = "Press Ctrl+C";
  }
  setTimeout(() => (button.textContent = before), 2000);
});

// A table that fits its box needs no scroll container, and without one its head can stick to the window.
const fit = new ResizeObserver((entries) => {
  for (const { target } of entries) letOut(target.closest(".scroll"));
});

function letOut(box) {
  box.classList.remove("fits");
  const fits = box.scrollWidth <= box.clientWidth;
  box.classList.toggle("fits", fits);
  if (fits) box.removeAttribute("tabindex");
  else box.tabIndex = 0;
}

function watchTables(root) {
  for (const box of root.querySelectorAll(".scroll")) {
    letOut(box);
    fit.observe(box);
  }
}

watchTables(document);
document.addEventListener("htmx:afterSettle", () => watchTables(document));

// A partial that could not be loaded says so, and the next one that can takes the words away again.
const WORDS = {
  0: "The site does not answer. It is asked again with the next click.",
  403: "This form is too old. Reload the page and send it again.",
  404: "This is no longer here. Reload the page.",
  413: "That file is too large.",
  429: "Too many requests in a short time. Wait a minute, then try again.",
  503: "The site's database does not answer just now, or not in time. Try again in a few seconds.",
};

function say(words) {
  const box = document.getElementById("messages");
  box.querySelector("[data-failure]")?.remove();
  if (!words) return;
  const notice = document.createElement("p");
  notice.className = "notice notice-error";
  notice.dataset.failure = "";
  notice.textContent = words;
  box.append(notice);
}

for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    const status = event.detail.xhr?.status ?? 0;
    say(WORDS[status] ?? "The server could not do that. Reload the page and try again.");
  });
}
document.addEventListener("htmx:afterOnLoad", () => say(""));
