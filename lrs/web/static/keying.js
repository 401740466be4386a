// Keying sheets of paper: what is typed moves on by itself, so that no hand leaves the keyboard.
// Without it the same fields are filled in one after another, and sent by their button.
"use strict";

(() => {
  const fields = (form) => [...form.querySelectorAll("input:not([type=hidden]), textarea, button[value=enter]")];
  const on = (field) => {
    const every = fields(field.form);
    const next = every[every.indexOf(field) + 1];
    if (!next) return;
    next.focus();
    if (next.select) next.select();
  };
  // A step is one sign: 0 to 4, or B where nothing was seen.
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (field.dataset.step === undefined) return;
    if (/^[0-4bx]$/i.test(field.value)) on(field);
  });
  // Enter goes to the next field; from the last one to the button, where it sends.
  document.addEventListener("keydown", (event) => {
    const field = event.target;
    if (event.key !== "Enter" || !field.form || !field.form.matches("[data-keyed]") || !field.matches("input")) return;
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) field.form.querySelector("button[value=enter]").click();
    else on(field);
  });
  const first = document.querySelector("[data-first]");
  if (first && !document.querySelector(".problems")) first.focus();
})();
