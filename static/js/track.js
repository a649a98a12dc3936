// The track of a scenario: arrows choose a step, Shift and an arrow move it by a day. Each presses a button of the page,
// so that the server says what becomes of it; the step in hand keeps the focus over the reload.
import { all, one } from "./page.js";

const KEPT = "track-focus";
const WRITING = "input, select, textarea, [contenteditable]";
const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

const chosenPlace = (nodes) => nodes.findIndex((node) => node.getAttribute("aria-pressed") === "true");

const press = (button, event) => {
  if (!button) return;
  event.preventDefault();
  sessionStorage.setItem(KEPT, "yes");
  button.click();
};

const turn = (event) => {
  const by = STEPS[event.key];
  const isOff = document.body.dataset.shortcuts === "off" || event.ctrlKey || event.metaKey || event.altKey;
  if (!by || isOff || event.target.closest?.(WRITING) || one("dialog[open]")) return;
  if (event.shiftKey) return press(one(`[data-day="${by}"]`), event);
  const nodes = all("[data-track] button.node");
  const place = chosenPlace(nodes);
  press(nodes[place < 0 ? 0 : place + by], event);
};

export const startTrack = () => {
  const track = one("[data-track]");
  if (!track) return;
  const nodes = all("button.node", track);
  const chosen = nodes[chosenPlace(nodes)];
  chosen?.scrollIntoView({ block: "nearest", inline: "center" });
  if (sessionStorage.getItem(KEPT)) chosen?.focus({ preventScroll: true });
  sessionStorage.removeItem(KEPT);
  document.addEventListener("keydown", turn);
};
