// The try form: an image may be dropped on it or pasted; choosing one starts the trial at once.
// Listens on the document, because the form arrives and is replaced by htmx.
(() => {
  const formIn = (node) => (node instanceof Element ? node.closest("#try-form") : null);

  const send = (form, file) => {
    const box = form.querySelector("input[type=file]");
    if (file) {
      const files = new DataTransfer();
      files.items.add(file);
      box.files = files.files;
    }
    // A click, not requestSubmit: htmx adds the button that was clicked last, which may be an example's.
    // Enabled, should a request be under way: htmx then sends this one after it.
    const button = form.querySelector("button[data-own]");
    button.disabled = false;
    button.click();
  };

  const imageIn = (transfer) =>
    [...(transfer?.files ?? [])].find((file) => file.type.startsWith("image/")) ?? transfer?.files?.[0];

  document.addEventListener("change", (event) => {
    const form = formIn(event.target);
    if (form && event.target.type === "file" && event.target.files.length) send(form);
  });

  document.addEventListener("dragover", (event) => {
    const form = formIn(event.target);
    if (!form || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    form.querySelector(".drop")?.classList.add("is-over");
  });

  const leave = (event) => formIn(event.target)?.querySelector(".drop")?.classList.remove("is-over");
  document.addEventListener("dragleave", leave);

  document.addEventListener("drop", (event) => {
    const form = formIn(event.target);
    const file = form && imageIn(event.dataTransfer);
    if (!file) return;
    event.preventDefault();
    leave(event);
    send(form, file);
  });

  document.addEventListener("paste", (event) => {
    const form = document.querySelector("#try-form");
    const typing = event.target instanceof Element && event.target.closest("input:not([type=file]), textarea");
    const file = imageIn(event.clipboardData);
    if (!form || typing || !file) return;
    event.preventDefault();
    send(form, file);
  });
})();
