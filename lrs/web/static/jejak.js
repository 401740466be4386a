// What makes the pages quicker to use; each of them works without it.
"use strict";

// A row of a table with one main link is opened by a click anywhere on it.
document.addEventListener("click", (event) => {
  const row = event.target.closest("tr");
  if (!row || event.target.closest("a, button, input, label, summary, form") || String(getSelection())) return;
  const way = row.querySelector("a.main");
  if (way) way.click();
});

// An open menu closes when one clicks elsewhere, or presses Escape; the focus stays at its place.
const close = (beside) => {
  for (const menu of document.querySelectorAll("details.account[open], details.confirm[open]")) {
    if (menu.contains(beside)) continue;
    if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
    menu.open = false;
  }
};
document.addEventListener("click", (event) => close(event.target));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") close(null);
});

// A form that was sent is not sent twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.dataset.sent) return form.dataset.sent && event.preventDefault();
  form.dataset.sent = "yes";
  for (const button of form.querySelectorAll("button")) button.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-busy");
  }
});

// A secret that is shown once is copied with one press.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copies]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copies).textContent;
  navigator.clipboard.writeText(text).then(() => {
    button.textContent = button.dataset.copied;
  });
});

// A list for the desk: printed by one press. Without script the browser's own menu does it.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-prints]")) window.print();
});
document.documentElement.classList.add("script");

// What is wrong is read out and in view.
const wrong = document.querySelector(".problems");
if (wrong) wrong.focus();
