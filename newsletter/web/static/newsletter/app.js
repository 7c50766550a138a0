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

// Leaving with words that were not saved warns; so does a page that says why it could not save them.
const WORDS = "textarea, input:not([type]), input[type=text], input[type=email], input[type=url], input[type=number], input[type=datetime-local]";
const written = (field) => !("loose" in field.dataset) && field.value !== field.defaultValue;
// The first thing that went wrong; a place for what may go wrong says nothing while it is empty.
const wrongIn = (part) =>
  [...part.querySelectorAll("[role=alert], [aria-invalid]:not([data-loose])")].find((one) => one.hasAttribute("aria-invalid") || one.textContent.trim());
const unsaved = (form) =>
  form.method === "post" && form.getAttribute("role") !== "search" && (Boolean(wrongIn(form)) || [...form.querySelectorAll(WORDS)].some(written));
// What a form's words weigh on their way, in bytes; files travel apart.
const bytes = (words) => new Blob([words.replace(/\r?\n/g, "\r\n")]).size;
const weight = (form) =>
  [...new FormData(form)].reduce((sum, [name, value]) => (typeof value === "string" ? sum + bytes(name) + bytes(value) + 2 : sum), 0);
const ALLOWANCE = 5000; // for the button that is pressed, and what a page adds
const room = (field) => Number(field.dataset.most) - ALLOWANCE - weight(field.form);
const say = (out, ...words) => {
  if (words.length) [out.hidden, out.textContent] = [false, [...new Set([out.textContent, ...words])].filter(Boolean).join(" ")];
};

// A form that the server could not take stays as it is, and says so where it is too large.
document.addEventListener("submit", (event) => {
  const field = [...event.target.querySelectorAll("[data-most]")].find((one) => room(one) < 0);
  if (!field) return;
  event.preventDefault();
  const out = document.getElementById("pasted");
  out.textContent = "";
  say(out, out.dataset.tooLarge);
  out.closest("details")?.setAttribute("open", "");
  out.scrollIntoView({ block: "center", behavior: "instant" });
  field.focus({ preventScroll: true });
});

let sending;
document.addEventListener("submit", (event) => {
  if (!event.defaultPrevented) sending = event.target;
});
window.addEventListener("beforeunload", (event) => {
  const left = [...document.querySelectorAll("main form")].some((form) => form !== sending && unsaved(form));
  sending = undefined;
  if (left) event.preventDefault();
});

// A form that leads back to its own page keeps its place there, and its button the focus; what went wrong, or what
// there is to say, comes into view.
document.addEventListener("submit", (event) => {
  if (!("stay" in event.target.dataset)) return;
  const place = { path: location.pathname, y: scrollY, id: event.submitter?.id, at: Date.now() };
  sessionStorage.setItem("place", JSON.stringify(place));
});
window.addEventListener("load", () => {
  const place = JSON.parse(sessionStorage.getItem("place") || "null");
  sessionStorage.removeItem("place");
  const stays = place && place.path === location.pathname && Date.now() - place.at < 20000;
  const refused = performance.getEntriesByType("navigation")[0]?.responseStatus === 422;
  const wrong = (stays || refused) && wrongIn(document.querySelector("main"));
  if (wrong) {
    wrong.focus({ preventScroll: true });
    return wrong.scrollIntoView({ block: "center", behavior: "instant" });
  }
  if (!stays) return;
  const button = place.id && document.getElementById(place.id);
  if (button?.disabled) button.closest("li")?.querySelector("button:not(:disabled)")?.focus({ preventScroll: true });
  else button?.focus({ preventScroll: true });
  scrollTo({ top: place.y, behavior: "instant" });
  document.querySelector("main .notices[role=status]")?.scrollIntoView({ block: "nearest", behavior: "instant" });
});

// Going back must not show a state that is over.
window.addEventListener("pageshow", (event) => {
  if (event.persisted && ![...document.querySelectorAll("main form")].some(unsaved)) location.reload();
});

// The Enter key in a field means the button beside it.
document.addEventListener("keydown", (event) => {
  const button = event.key === "Enter" && event.target.dataset && document.getElementById(event.target.dataset.enter);
  if (!button) return;
  event.preventDefault();
  button.click();
});

// Typing a time chooses it; choosing another button takes it away again, and brings it back.
document.addEventListener("input", (event) => {
  const choice = event.target.dataset && document.getElementById(event.target.dataset.chooses);
  if (choice) choice.checked = Boolean(event.target.value) || choice.checked;
});
document.addEventListener("change", (event) => {
  if (event.target.type !== "radio") return;
  for (const field of event.target.form?.querySelectorAll("[data-chooses]") ?? []) {
    const choice = document.getElementById(field.dataset.chooses);
    if (choice?.name !== event.target.name) continue;
    if (choice.checked) field.value ||= field.dataset.typed ?? "";
    else if (field.value) [field.dataset.typed, field.value] = [field.value, ""];
  }
});

// After a swap of a part of the page the same button keeps the focus.
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

// Formatted text that is pasted into an article keeps its form; the server reads it as it reads any document.
const FORMED = /<(?:a\s[^>]*href|b|strong|i|em|img|h[1-6]|[uo]l|table|blockquote|del|ins)[\s>/]|<!--(?!StartFragment|EndFragment)/i;
const insert = (field, text) => {
  field.focus();
  const before = field.value.slice(0, field.selectionStart);
  const apart = !before || /\n\n$/.test(before) || !/\n\n|^[#>*-]|^\d+\. |^<(?:p|h\d|ul|ol|table|figure|blockquote)/.test(text);
  // As if it were typed, so that it can be undone.
  const whole = (apart ? "" : "\n\n") + text;
  if (!document.execCommand("insertText", false, whole)) field.setRangeText(whole, field.selectionStart, field.selectionEnd, "end");
};
const fill = (form, fields) => {
  const above = [];
  for (const [name, words] of Object.entries(fields)) {
    const field = form.elements[name];
    if (words && field && !field.value) field.value = words;
    else if (words && field?.value !== words) above.push(name === "title" ? `## ${words}` : words);
  }
  return above;
};
// What the server read; null when it read nothing, be it that the session is over and a page to sign in answers.
const read = async (address, body) => {
  const answer = await fetch(address, { method: "POST", body }).catch(() => null);
  const found = answer?.ok && !answer.redirected ? await answer.json().catch(() => null) : null;
  return typeof found?.text === "string" ? found : null;
};
document.addEventListener("paste", async (event) => {
  const field = event.target;
  if (!field.dataset?.rich) return;
  const html = event.clipboardData.getData("text/html");
  const plain = event.clipboardData.getData("text/plain");
  if (!FORMED.test(html)) return;
  event.preventDefault();
  const held = field.value.slice(field.selectionStart, field.selectionEnd); // which goes
  const body = new FormData();
  body.append("html", new Blob([html], { type: "text/html" }), "pasted.html");
  body.append("room", Math.max(0, room(field) + bytes(held)));
  body.append("csrfmiddlewaretoken", field.form.elements.csrfmiddlewaretoken.value);
  const found = await read(field.dataset.rich, body);
  if (!found) return insert(field, plain);
  const { text, fields, kept_out: keptOut, notes } = found;
  const whole = [...fill(field.form, fields), text].filter(Boolean).join("\n\n");
  if (whole) insert(field, whole);
  const kept = field.form.elements.kept_out;
  kept.value = JSON.stringify([...JSON.parse(kept.value || "[]"), ...keptOut]);
  say(document.getElementById("pasted"), ...notes);
});
