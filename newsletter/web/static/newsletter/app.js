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
const unsaved = (form) =>
  form.method === "post" &&
  (Boolean(form.querySelector("[aria-invalid], [role=alert]")) || [...form.querySelectorAll(WORDS)].some(written));
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
  const wrong = (stays || refused) && document.querySelector("main [role=alert], main [aria-invalid]");
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

// Formatted text that is pasted into an article keeps its form, as HTML; the server cleans it as it does any other.
const KEPT = {
  A: ["href"], IMG: ["src", "alt"], TD: ["colspan", "rowspan"], TH: ["colspan", "rowspan"], OL: ["start"],
  ...Object.fromEntries("B STRONG I EM U S SUB SUP H1 H2 H3 H4 H5 H6 P BR HR UL LI BLOCKQUOTE PRE CODE FIGURE FIGCAPTION TABLE THEAD TBODY TR".split(" ").map((name) => [name, []])),
};
const GONE = "script, style, meta, link, title, template, iframe, object";
const FORMED = "a[href], b, strong, i, em, img, h1, h2, h3, h4, h5, h6, ul, ol, table, blockquote";
const BLOCKS = /<(p|h[1-6]|ul|ol|blockquote|figure|table|pre|hr)\b/g;

// Google Docs puts all of a text into <b>, and says with styles what is bold.
const emphasised = (element) => {
  // Read as text: the page's security policy keeps the browser from applying styles that are written inline.
  const style = element.getAttribute("style") ?? "";
  const wanted = [[/font-weight:\s*(bold|[6-9]00)/, "strong"], [/font-style:\s*italic/, "em"]];
  for (const [, tag] of wanted.filter(([said]) => said.test(style))) {
    const inner = element.ownerDocument.createElement(tag);
    inner.append(...element.childNodes);
    element.append(inner);
  }
};
const pasted = (html) => {
  const page = new DOMParser().parseFromString(html, "text/html");
  for (const one of page.querySelectorAll(GONE)) one.remove();
  const docs = page.querySelector("[id^=docs-internal-guid]");
  if (docs) for (const one of page.querySelectorAll("span")) emphasised(one);
  if (!page.querySelector(FORMED) || (docs && !docs.querySelector(FORMED.replace(" b,", "")))) return "";
  const notes = page.createNodeIterator(page.body, NodeFilter.SHOW_COMMENT);
  for (let note = notes.nextNode(); note; note = notes.nextNode()) note.remove();
  for (const one of [...page.body.querySelectorAll("*")].reverse()) {
    if (one.tagName === "DIV" && !one.querySelector("p, div, ul, ol, table, h1, h2, h3, h4, h5, h6, blockquote, figure")) {
      const paragraph = page.createElement("p");
      paragraph.append(...one.childNodes);
      one.replaceWith(paragraph);
    } else if (!(one.tagName in KEPT) || one === docs) {
      one.replaceWith(...one.childNodes);
    } else {
      for (const { name } of [...one.attributes]) if (!KEPT[one.tagName].includes(name)) one.removeAttribute(name);
    }
  }
  // No empty line within: in Markdown one ends a piece of HTML.
  return page.body.innerHTML.trim().replace(/\n\s*\n/g, "\n").replace(BLOCKS, "\n$&").trim();
};
document.addEventListener("paste", (event) => {
  if (!event.target.dataset || !("rich" in event.target.dataset)) return;
  const html = pasted(event.clipboardData.getData("text/html"));
  if (!html) return;
  event.preventDefault();
  const field = event.target;
  const before = field.value.slice(0, field.selectionStart);
  const whole = html.search(BLOCKS) === 0;
  const text = whole ? (!before || before.endsWith("\n\n") ? "" : "\n\n") + html + "\n\n" : html;
  // As if it were typed, so that it can be undone.
  if (!document.execCommand("insertText", false, text)) field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
});
