// The only script of our own. Every page works without it.
"use strict";

document.documentElement.classList.add("js");

// The menu folds away on narrow screens.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-menu]");
  if (!button) return;
  const open = button.closest(".masthead").classList.toggle("open");
  button.setAttribute("aria-expanded", String(open));
});

// Says how long a line is while it is being written; the server counts again.
const count = (field) => {
  const out = document.getElementById(field.dataset.count);
  if (out) out.value = [...field.value].length.toLocaleString(document.documentElement.lang);
};
document.addEventListener("input", (event) => {
  if (event.target.dataset && event.target.dataset.count) count(event.target);
});

// After a swap of the list of stories the same button keeps the focus.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt.contains(document.activeElement)) window.newsletterFocus = document.activeElement.id;
});
document.addEventListener("htmx:afterSettle", () => {
  const target = window.newsletterFocus && document.getElementById(window.newsletterFocus);
  window.newsletterFocus = undefined;
  if (!target) return;
  if (target.disabled) target.closest("li")?.querySelector("button:not(:disabled)")?.focus();
  else target.focus();
});

// What somebody has folded out stays open when its part of the page is asked again.
document.addEventListener("htmx:beforeSwap", () => {
  window.newsletterOpen = [...document.querySelectorAll("details[open][id]")].map((one) => one.id);
});
document.addEventListener("htmx:afterSwap", () => {
  for (const id of window.newsletterOpen || []) document.getElementById(id)?.setAttribute("open", "");
});
