// Keys of the lists. Single keys are off while typing, in dialogs, and wherever the profile switched them off
// (data-shortcuts="off" on the body, WCAG 2.1.4); Ctrl K always works.
import { all, one } from "./page.js";

const TYPING = "input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]";
const PATIENCE = 1200; // milliseconds between G and the letter after it

let cursor = -1;
let went = 0;

const rows = () => all("[data-keylist] [data-row]");

const move = (by) => {
  const shown = rows();
  if (!shown.length) return;
  if (cursor < 0) cursor = shown.findIndex((row) => row.classList.contains("is-cursor"));
  cursor = Math.max(0, Math.min(shown.length - 1, cursor + by));
  shown.forEach((row, place) => row.classList.toggle("is-cursor", place === cursor));
  one("a[href], button", shown[cursor])?.focus({ preventScroll: true });
  shown[cursor].scrollIntoView({ block: "nearest" });
};

const act = {
  j: () => move(1),
  k: () => move(-1),
  x: () => one("input[type=checkbox]", rows()[cursor] ?? document.createElement("p"))?.click(),
  "?": () => one("#shortcuts")?.showModal(),
  "/": () => one("input[type=search]")?.focus(),
  g: () => {
    went = Date.now();
  },
};

const isOff = (event) =>
  event.target.closest?.(TYPING) || document.body.dataset.shortcuts === "off" || one("dialog[open]");

export const startKeys = () =>
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      const palette = one("#palette");
      if (!palette) return;
      event.preventDefault();
      if (!palette.open) palette.showModal();
      return;
    }
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      one("form[data-submit-key]")?.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isOff(event)) return;
    const key = event.key.toLowerCase();
    if (Date.now() - went < PATIENCE && key !== "g") {
      went = 0;
      const place = one(`[data-go="${CSS.escape(key)}"]`);
      if (place) return location.assign(place.href);
    }
    // A page may give keys to its own buttons and choices: data-key="p".
    const own = one(`[data-key="${CSS.escape(key)}"]`);
    if (own) {
      event.preventDefault();
      own.click();
    } else if (act[key]) {
      event.preventDefault();
      act[key]();
    }
  });
